/* Names for screen readers, and keyboard access to wide tables: the theme makes these elements without them. */
"use strict";
function complete() {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) table.tabIndex = 0;
  document.querySelectorAll(".md-code__nav:not([aria-label])").forEach((nav) => {
    const codes = [...document.querySelectorAll("pre > code")];
    nav.setAttribute("aria-label", `Buttons of code block ${codes.indexOf(nav.closest("pre").querySelector("code")) + 1}`);
  });
}
new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
complete();
