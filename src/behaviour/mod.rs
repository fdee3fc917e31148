//! What the schema does when it is used: statements that are tried and always rolled back.
//!
//! [`plan`] makes one message of all steps, [`outcomes`] reads the answer. Neither knows a connection.

mod plan;
mod result;
mod step;

pub use plan::{SmokePlan, clean, plan};
pub use result::outcomes;
pub use step::{SmokeStep, Step};

use crate::checks::Code;

/// Finding codes of behaviour.
pub const CODES: &[Code] = &[FAILED, ROWS, NO_ERROR, OTHER_ERROR];
pub(crate) const FAILED: Code = Code {
    name: "smoke-failed",
    meaning: "a smoke statement failed",
};
pub(crate) const ROWS: Code = Code {
    name: "smoke-rows",
    meaning: "a smoke statement affected another number of rows than expected",
};
pub(crate) const NO_ERROR: Code = Code {
    name: "smoke-no-error",
    meaning: "a smoke statement that should be refused was not",
};
pub(crate) const OTHER_ERROR: Code = Code {
    name: "smoke-other-error",
    meaning: "a smoke statement was refused with another error than expected",
};
