/** Something that the visitor can read and act on: what happened, and what to do. */
export class UserError extends Error {
  /**
   * @param {string} what One sentence: what happened.
   * @param {string} fix One sentence: what to do next.
   * @param {{cause?: Error}} options As of `Error`.
   */
  constructor(what, fix = "", options = {}) {
    super(fix ? `${what} ${fix}` : what, options);
    this.what = what;
    this.fix = fix;
  }
}
