/** The layout: the pane beside the form, or right below the text where there is no room; a field that grows. */

/** In root ems: the least width of the form and of the pane beside each other, and what keeps them from jumping. */
const LEAST_WIDTH = 29;
const SLACK = 1.5;
const LARGEST_SHARE = 0.6;

/** Places the pane, and gives the field the height that its text needs. */
export class Layout {
  #widget;
  #field;
  #anchor;
  #pane;
  #own = "";

  constructor(widget, field, anchor, pane) {
    this.#widget = widget;
    this.#field = field;
    this.#anchor = anchor;
    this.#pane = pane;
  }

  get isBelow() {
    return this.#widget.dataset.layout === "below";
  }

  start(signal) {
    const observer = new ResizeObserver(() => this.#place());
    observer.observe(this.#widget);
    signal.addEventListener("abort", () => observer.disconnect());
    const viewport = window.visualViewport;
    viewport?.addEventListener("resize", () => this.#measureRoom(), { signal });
    this.#field.addEventListener("focus", () => this.bringIntoSight(), { signal });
    this.#measureRoom();
    this.#place();
    this.grow();
  }

  stop() {
    if (this.#own && this.#field.style.height === this.#own) this.#field.style.height = "";
    if (!this.#field.getAttribute("style")) this.#field.removeAttribute("style");
    this.#widget.style.removeProperty("--_room");
    if (!this.#widget.getAttribute("style")) this.#widget.removeAttribute("style");
    delete this.#widget.dataset.layout;
  }

  /** Makes the field higher if its text does not fit, up to a limit; one that the visitor has sized stays so. */
  grow() {
    const { style, value } = this.#field;
    if (style.height !== this.#own) return;
    if (!value) style.height = this.#own = "";
    const missing = this.#field.scrollHeight - this.#field.clientHeight;
    if (missing <= 0) return;
    const height = parseFloat(getComputedStyle(this.#field).height) || 0;
    const limit = Math.max(height, this.#room * LARGEST_SHARE);
    style.height = `${Math.ceil(Math.min(height + missing, limit))}px`;
    this.#own = style.height;
  }

  /** Scrolls the page so far that the pane below the field is in sight while something is typed. */
  bringIntoSight() {
    if (!this.isBelow || !this.#field.matches(":focus")) return;
    const top = window.visualViewport?.offsetTop ?? 0;
    const hidden = this.#pane.getBoundingClientRect().bottom - top - this.#room;
    const most = this.#field.getBoundingClientRect().top - top;
    if (hidden > 0 && most > 0) window.scrollBy(0, Math.min(hidden, most));
  }

  get #room() {
    return window.visualViewport?.height ?? window.innerHeight;
  }

  /** A phone's keyboard takes half of the room, which style sheets cannot know. */
  #measureRoom() {
    this.#widget.style.setProperty("--_room", `${Math.round(this.#room)}px`);
    this.bringIntoSight();
  }

  #place() {
    const em = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const gap = parseFloat(getComputedStyle(this.#widget).columnGap) || 0;
    const needed = (2 * LEAST_WIDTH + (this.#widget.dataset.layout === "below" ? SLACK : 0)) * em + gap;
    const layout = this.#widget.clientWidth < needed ? "below" : "beside";
    if (this.#widget.dataset.layout === layout) return;
    this.#widget.dataset.layout = layout;
    if (layout === "below") this.#anchor.after(this.#pane);
    else this.#widget.append(this.#pane);
  }
}
