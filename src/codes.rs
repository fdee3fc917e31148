//! Every finding code there is. Codes are public API: they are never renamed.

use crate::behaviour;
use crate::checks::{self, Code};
use crate::error::{Error, nearest};

/// Codes of what only `verify` finds. They are about the suite's own files, and no ignore list has a say in them.
pub const PROOFS: &[Code] = &[
    LEFT_BEHIND,
    TOOK_AWAY,
    ALTERED,
    ROWS,
    NOT_REPEATED,
    COMPLETE_MISSING,
    COMPLETE_EXTRA,
    COMPLETE_DIFFERS,
    COMPLETE_ROWS,
];
/// What is left after a rollback that was not there before.
pub const LEFT_BEHIND: Code = Code {
    name: "rollback-left-behind",
    meaning: "the rollback leaves something behind that the setup made",
};
/// What was there before the setup and is gone after the rollback.
pub const TOOK_AWAY: Code = Code {
    name: "rollback-took-away",
    meaning: "the rollback takes away something that was there before the setup",
};
/// What the setup made and the rollback did not restore.
pub const ALTERED: Code = Code {
    name: "rollback-altered",
    meaning: "something is not as it was before the setup",
};
/// Rows of a table that was there before are not what they were.
pub const ROWS: Code = Code {
    name: "rollback-rows",
    meaning: "rows in a table that was there before the setup are not what they were",
};
/// The second setup ends in another state than the first.
pub const NOT_REPEATED: Code = Code {
    name: "setup-not-repeated",
    meaning: "the second setup ends in another state than the first",
};

/// The migrations make something that `complete.sql` does not.
pub const COMPLETE_MISSING: Code = Code {
    name: "complete-missing",
    meaning: "complete.sql does not make something that the migrations make",
};
/// `complete.sql` makes something that no migration makes.
pub const COMPLETE_EXTRA: Code = Code {
    name: "complete-extra",
    meaning: "complete.sql makes something that no migration makes",
};
/// `complete.sql` makes something otherwise than the migrations.
pub const COMPLETE_DIFFERS: Code = Code {
    name: "complete-differs",
    meaning: "complete.sql makes something otherwise than the migrations do",
};
/// `complete.sql` leaves other rows than the migrations, or a sequence that would give out their keys once more.
pub const COMPLETE_ROWS: Code = Code {
    name: "complete-rows",
    meaning: "complete.sql leaves other rows than the migrations do",
};

/// All of them, a group per kind, in the order of the report.
pub fn all() -> impl Iterator<Item = &'static [Code]> {
    checks::CODES
        .iter()
        .copied()
        .chain([behaviour::CODES, PROOFS])
}

/// The one with this name.
pub fn find(name: &str) -> Option<&'static Code> {
    all().flatten().find(|code| code.name == name)
}

/// The error that there is no such code, with the nearest one.
pub fn unknown(name: &str) -> Error {
    let names: Vec<&str> = all().flatten().map(|code| code.name).collect();
    let error = Error::usage(format!("no finding has the code `{name}`"));
    match nearest(name, &names) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error.help("`supaproof explain` lists all codes."),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_has_a_name_of_its_own_and_a_meaning() {
        let names: Vec<&str> = all().flatten().map(|code| code.name).collect();
        let different: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), different.len(), "{names:?}");
        for code in all().flatten() {
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(code.name.chars().all(plain), "{}", code.name);
            assert!(!code.meaning.is_empty() && !code.meaning.ends_with('.'));
        }
    }
}
