//! Functions, procedures and aggregates.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

vocabulary! {
    /// What a routine is.
    FunctionKind {
        /// FUNCTION.
        Function = "function",
        /// PROCEDURE.
        Procedure = "procedure",
        /// AGGREGATE.
        Aggregate = "aggregate",
        /// A window function.
        Window = "window",
    }
}

/// A function, procedure or aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The input types in order.
    pub arguments: Vec<String>,
    /// What it is.
    pub kind: FunctionKind,
    /// The role that owns it.
    pub owner: String,
    /// The result as the server prints it; none for procedures.
    pub returns: Option<String>,
    /// sql, plpgsql, c, …
    pub language: String,
    /// `immutable`, `stable` or `volatile`.
    pub volatility: String,
    /// RETURNS NULL ON NULL INPUT.
    pub strict: bool,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// LEAKPROOF.
    pub leakproof: bool,
    /// `safe`, `restricted` or `unsafe`.
    pub parallel: String,
    /// `SET name = value`, as `name=value`.
    pub settings: Vec<String>,
    /// The source text.
    pub body: Option<String>,
    /// The server has a function of this name itself, so that the bare name does not mean this one for sure.
    #[serde(default)]
    pub hides_behind_builtin: bool,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON FUNCTION`.
    pub comment: Option<String>,
}

impl Function {
    /// `name(integer, text)`.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.arguments.join(", "))
    }
}

impl Kind for Function {
    const SQL: &'static str = include_str!("../../sql/catalog/functions.sql");

    fn identity(&self) -> Identity {
        Identity::new("function", &self.schema, self.signature())
    }

    fn is_platform(&self) -> bool {
        self.extension
            .as_deref()
            .is_some_and(crate::platform::facts::owns_extension)
            || crate::platform::facts::owns_function(&self.schema, &self.signature())
    }
}
