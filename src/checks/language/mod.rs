//! What every kind of expectation can say, whatever it is about: absence, severity, help, conditions, patterns of
//! names, counts, closed lists. A kind adds only what is its own.

mod assigned;
mod bounds;
mod condition;
mod filled;
mod form;
mod item;
mod limit;
mod listing;
mod pattern;
mod rest;
mod section;

pub use assigned::{Assigned, Assignments};
pub use bounds::Bounds;
pub use condition::{Condition, Majors, TargetKind};
pub use form::Form;
pub use item::{COMMON, Common, Expected, Item};
pub use limit::Limit;
pub use listing::{Listing, shown};
pub use pattern::{Name, Part, Pattern, Plain, refuse_pattern};
pub use rest::{Rest, or_default, or_none, refuses};
pub use section::{KEYS, Options, Others, Section, is_option, misplaced, with_names};
