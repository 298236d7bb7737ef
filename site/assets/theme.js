// What the reader chose the last time, before the first paint.
for (const name of ["theme", "rise"]) document.documentElement.dataset[name] = localStorage[name] ?? "";
