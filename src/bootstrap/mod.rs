//! The helper functions that let the Data API run SQL: the SQL that makes them and takes them away, and what is there of them.
//!
//! Pure: the texts go out by whatever target is open.

mod helper;
mod probe;

pub use helper::{HELPERS, Helper};
#[cfg(test)]
pub(crate) use probe::ours;
pub use probe::{Found, Probe, State};

/// The names by which functions that run SQL go, ours and those of others.
pub const RUNNERS: [&str; 3] = ["exec_sql", "execute_sql", "run_sql"];

/// What the comments of our functions begin with.
pub const MARK: &str = "supaproof bootstrap:";

/// What stands above the SQL where a person reads it.
const HEADER: &str =
    "-- Made by `supaproof bootstrap --print-sql`: the functions by which the Data API runs SQL, for the service role alone.
-- Run it whole, as the role postgres. It may be run again. `supaproof bootstrap --remove` takes them away.\n\n";

/// Who may call them, and their marks.
const RIGHTS: &str = include_str!("../../sql/bootstrap/rights.sql");

/// The SQL that creates the functions, or makes them as they should be, and closes them to all but the service role. One
/// message; it holds no transaction of its own.
pub fn install_sql() -> String {
    let mut out = HEADER.to_owned();
    for helper in &HELPERS {
        out.push_str(helper.sql);
        out.push('\n');
    }
    out.push_str(RIGHTS);
    out
}

/// The SQL that takes away those of the functions that we created.
pub fn remove_sql() -> &'static str {
    include_str!("../../sql/bootstrap/remove.sql")
}

/// The SELECT of one JSON document for [`Probe::parse`].
pub fn probe_select() -> &'static str {
    include_str!("../../sql/bootstrap/probe.sql")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::sql;

    #[test]
    fn the_texts_are_sql_without_transaction_control() {
        for (name, text, count) in [
            ("install", install_sql(), 8),
            ("remove", remove_sql().to_owned(), 2),
            ("probe", probe_select().to_owned(), 1),
        ] {
            let statements = sql::statements(&Source::new(name, text)).unwrap();
            assert_eq!(statements.len(), count, "{name}");
            assert!(!statements.iter().any(sql::is_transaction_control));
        }
    }

    #[test]
    fn every_text_names_every_function() {
        for helper in &HELPERS {
            let signature = helper.signature();
            let rights = RIGHTS.matches(&signature).count();
            assert_eq!(rights, 2, "{signature} in rights.sql");
            assert!(
                remove_sql().contains(&signature),
                "{signature} in remove.sql"
            );
            assert!(probe_select().contains(&format!("'{}'", helper.name)));
        }
        for name in RUNNERS {
            assert!(probe_select().contains(&format!("'{name}'")), "{name}");
        }
        assert_eq!(RIGHTS.matches(&format!("'{MARK}")).count(), HELPERS.len());
        assert!(remove_sql().contains(MARK));
    }
}
