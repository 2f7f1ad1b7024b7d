/** The mark in the middle of an empty page, until there is something to show; the same as in index.html. */
export function Boot() {
  return <img className="boot" src="/mark.svg" width={40} height={40} alt="" />;
}
