// What the reader chose, before the first paint.
for (const name of ["theme", "rise"]) document.documentElement.dataset[name] = localStorage[name] ?? "";
