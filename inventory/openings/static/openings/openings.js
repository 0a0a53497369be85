// Says before anything is sent that a file is too large; the server says so too, after it was sent.

import { say } from "../logistics/say.js";

const form = document.querySelector("form[data-most]");
const box = form?.querySelector("input[type=file]");
if (form instanceof HTMLFormElement && box instanceof HTMLInputElement) {
  form.addEventListener("submit", (event) => {
    const size = box.files?.[0]?.size ?? 0;
    const most = Number(form.dataset.most);
    if (size <= most) return;
    event.preventDefault();
    const names = { size: Math.ceil(size / 1e6), most: Math.floor(most / 1e6) };
    say(interpolate(gettext("The file has %(size)s MB, more than %(most)s MB. Split it."), names, true), { tone: "bad" });
    box.focus();
  });
}
