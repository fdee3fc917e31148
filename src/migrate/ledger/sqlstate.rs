//! What our SQL raises: SQLSTATEs of our own. Class `SP` is nobody's.

/// The migration is already applied.
pub(in crate::migrate) const ALREADY: &str = "SP001";
/// The migration is no longer applied, so it cannot be rolled back.
pub(in crate::migrate) const GONE: &str = "SP002";
/// Another runner holds the lock.
pub(in crate::migrate) const BUSY: &str = "SP003";
/// Strings would be read otherwise than we split them.
pub(in crate::migrate) const STRINGS: &str = "SP004";
/// The ledger became otherwise while we asked.
pub(in crate::migrate) const CHANGED: &str = "SP005";
/// The history's rows stay as they are.
pub(super) const REFUSED: &str = "SP006";
/// The migration is elsewhere than when we looked: parts of it are done, or were taken up by another run.
pub(in crate::migrate) const ELSEWHERE: &str = "SP007";
/// Another session is at the migration, and does not hold the lock.
pub(in crate::migrate) const AT_WORK: &str = "SP008";
