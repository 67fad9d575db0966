/**
 * Full screen without an interface. Started by the button, it ends with Escape or a double click; by
 * the address (`#exhibition`), with Escape only: visitors of a museum have fingers.
 */

export class Exhibition {
  /**
   * @param {{output?: string, background?: string}} settings As in `url_settings.js`.
   * @param {(on: boolean) => void} onChange
   */
  constructor({ output, background }, onChange) {
    this.isOutputOnly = output === "only";
    this.background = CSS.supports("color", background) ? background : "";
    this.onChange = onChange;
    this.on = false;
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.leave());
    document.addEventListener("dblclick", () => this.byButton && this.leave());
    document.addEventListener("fullscreenchange", () => {
      if (!document.fullscreenElement && this.byButton) this.leave();
    });
  }

  /** @param {{byButton: boolean}} how */
  async enter({ byButton }) {
    this.byButton = byButton;
    this.set(true);
    // Phones of one maker have no full screen for pages: they get the page without interface.
    if (byButton) await document.documentElement.requestFullscreen?.().catch(() => {});
  }

  leave() {
    if (!this.on) return;
    this.set(false);
    if (document.fullscreenElement) document.exitFullscreen();
  }

  set(on) {
    this.on = on;
    const { classList, style } = document.documentElement;
    classList.toggle("exhibition", on);
    classList.toggle("output-only", on && this.isOutputOnly && !this.byButton);
    style.setProperty("--around", this.byButton ? "" : this.background);
    this.onChange(on);
  }
}
