//! Backups: a dump by `pg_dump` with a manifest beside it, which says what was in the database at that very moment.
//!
//! `survey` asks what there is, `contents` counts and sums it up, `manifest` keeps both and compares; `toc` chooses from a
//! dump what is restored. `run` starts the programs of Postgres, `store` knows the folder.

mod contents;
mod manifest;
#[cfg(feature = "cli")]
mod run;
#[cfg(feature = "cli")]
mod store;
mod survey;
mod toc;

pub use contents::{contents_sql, parse_contents};
pub use manifest::{
    Compared, Contents, Extension, LargeObjects, Manifest, Publication, Sequence, State, Suite,
    Table, VERSION, Verified, compare,
};
#[cfg(feature = "cli")]
pub use run::{Around, Dumped, Session, Told, dump, listing, replay, restore_all, schema};
#[cfg(feature = "cli")]
pub use store::{Kept, Part, Store, name_for};
pub use survey::{
    BEGIN, Column, Object, Plan, Schema, Survey, clear_sql, plan, publish_sql, survey_sql,
};
pub use toc::{Chosen, choose};
