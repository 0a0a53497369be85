// select2, which the admin uses for long lists, shows its box without the name of the field it stands for.
const nameBoxes = () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = select.getAttribute("aria-label") || select.labels[0]?.textContent.trim().replace(/:$/, "");
    const box = select.nextElementSibling;
    if (!label || !box?.classList.contains("select2")) continue;
    for (const part of box.querySelectorAll("[role=combobox], [role=textbox]")) part.setAttribute("aria-label", label);
  }
};
// jQuery makes the boxes some time after the page is ready, and more of them with every row that is added.
new MutationObserver(nameBoxes).observe(document.body, { childList: true, subtree: true });
nameBoxes();
