/** Something that the visitor can read and act on: what happened, and what to do; in English until it is shown. */
export class UserError extends Error {
  /**
   * @param {string} what One sentence: what happened.
   * @param {string} fix One sentence: what to do next.
   * @param {object} values `cause`, as of `Error`, and what {names} in the sentences stand for.
   */
  constructor(what, fix = "", { cause, ...values } = {}) {
    super(fix ? `${what} ${fix}` : what, cause && { cause });
    Object.assign(this, { what, fix, values });
  }
}
