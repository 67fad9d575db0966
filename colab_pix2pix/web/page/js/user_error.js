/** Something that the visitor can read and act on: what happened, and what to do. */
export class Trouble extends Error {
  /**
   * @param {string} what One sentence: what happened.
   * @param {string} fix One sentence: what to do next.
   */
  constructor(what, fix = "") {
    super(fix ? `${what} ${fix}` : what);
    this.what = what;
    this.fix = fix;
  }
}
