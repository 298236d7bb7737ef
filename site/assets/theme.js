for (const name of ["theme", "rise"]) document.documentElement.dataset[name] = localStorage[name] ?? "";
new Intl.Collator(); // warms up Intl
