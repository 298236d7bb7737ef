for (const name of ["theme", "rise"])
  try {
    document.documentElement.dataset[name] = localStorage[name] ?? "";
  } catch {} // storage refused
// The answer is painted first.
addEventListener("load", () => document.documentElement.dataset.modules?.split(" ").map((each) => import(each)));
