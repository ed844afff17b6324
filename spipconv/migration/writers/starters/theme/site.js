// What the pages do besides being read: print, scroll wide tables by keyboard, search if there is an index, and keep
// comments while their server is off.
// Copyright: the authors of spipconv. Licence: MIT.

for (const place of document.querySelectorAll(".print")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = place.textContent;
  button.addEventListener("click", () => window.print());
  place.replaceChildren(button);
}

for (const table of document.querySelectorAll("main table")) {
  if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
}

const search = document.querySelector(".search");
if (search) {
  const { pagefind, results, nothing } = search.dataset;
  const [form, status, list] = search.children;
  search.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const index = await import(new URL(pagefind, document.baseURI));
    const found = (await index.search(form.elements.q.value)).results;
    const pages = await Promise.all(found.slice(0, 20).map((result) => result.data()));
    status.textContent = found.length ? results.replace("{count}", found.length) : nothing;
    list.replaceChildren(
      ...pages.map(({ url, meta, excerpt }) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        const words = document.createElement("p");
        link.href = url;
        link.textContent = meta.title;
        words.textContent = new DOMParser().parseFromString(excerpt, "text/html").body.textContent;
        item.append(link, words);
        return item;
      }),
    );
  });
}

// Until the script of the comment server takes the form over, which it cannot if that server is off.
const comment = document.querySelector("form.comment-form[data-unreachable]");
if (comment) {
  const key = `comment:${location.pathname}`;
  const field = comment.elements.namedItem("text");
  const alert = document.createElement("p");
  alert.className = "comment-alert";
  alert.setAttribute("role", "alert");
  alert.hidden = true;
  comment.append(alert);
  const keep = (text) => {
    try {
      if (text) sessionStorage.setItem(key, text);
      else sessionStorage.removeItem(key);
    } catch {
      // Without storage, the text is in the form only.
    }
  };
  try {
    field.value ||= sessionStorage.getItem(key) ?? "";
  } catch {
    // There is none.
  }
  comment.addEventListener("submit", async (event) => {
    if ("ready" in comment.dataset) return keep("");
    event.preventDefault();
    keep(field.value);
    try {
      const patience = AbortSignal.timeout(10_000);
      await fetch(`${comment.dataset.server}/health`, { mode: "no-cors", credentials: "omit", signal: patience });
    } catch {
      alert.hidden = false;
      alert.textContent = comment.dataset.unreachable;
      return;
    }
    keep("");
    comment.submit();
  });
}
