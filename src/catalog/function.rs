//! Functions, procedures and aggregates.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{Acl, Identity, Kind};
use crate::digest::sha256;

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

/// How an aggregate computes. Functions stand with their schema where that is not `pg_catalog`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// `normal`, `ordered set` or `hypothetical set`.
    pub kind: String,
    /// SFUNC.
    pub transition: String,
    /// STYPE.
    pub state: String,
    /// FINALFUNC.
    pub r#final: Option<String>,
    /// COMBINEFUNC.
    pub combine: Option<String>,
    /// INITCOND.
    pub initial: Option<String>,
    /// SORTOP.
    pub sort_operator: Option<String>,
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
    /// Names, modes and types of what tells it from others of its name, as `pg_get_function_identity_arguments` has it.
    pub identity_arguments: String,
    /// All parameters with names, modes, types and defaults, as CREATE FUNCTION takes them.
    pub parameters: String,
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
    /// COST, in units of `cpu_operator_cost`.
    pub cost: Number,
    /// ROWS: how many the planner expects; 0 where it returns no set.
    pub rows: Number,
    /// SUPPORT: the planner's support function.
    pub support: Option<String>,
    /// `SET name = value`, as `name=value`.
    pub settings: Vec<String>,
    /// The source text; of a function in C its symbol, of an aggregate none.
    pub body: Option<String>,
    /// The library of a function in C.
    pub library: Option<String>,
    /// How an aggregate computes.
    pub aggregate: Option<Aggregate>,
    /// Who may call it, the default that PUBLIC may included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON FUNCTION`.
    pub comment: Option<String>,
}

/// The name in the signature of a function, which may have parentheses of its own, as may the types of the arguments.
pub fn called(signature: &str) -> &str {
    let mut quoted = false;
    let open = signature.rfind(|c| {
        quoted ^= c == '"';
        c == '(' && !quoted
    });
    open.map_or(signature, |open| &signature[..open])
}

impl Function {
    /// `name(integer, text)`.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.arguments.join(", "))
    }

    /// The SHA-256 of the body's bytes in hexadecimal digits.
    pub fn body_hash(&self) -> Option<String> {
        Some(sha256(self.body.as_deref()?.as_bytes()))
    }
}

impl Kind for Function {
    const SQL: &'static str = include_str!("../../sql/catalog/functions.sql");

    fn identity(&self) -> Identity {
        Identity::new("function", &self.schema, self.signature())
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        self.extension
            .as_deref()
            .is_some_and(crate::platform::facts::owns_extension)
            || crate::platform::facts::owns_function(&self.schema, &self.signature())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_begins_with_what_the_function_is_called() {
        assert_eq!(called("f(integer, text)"), "f");
        assert_eq!(called("f(x)(\"a(\".\"b)\")"), "f(x)");
        assert_eq!(called("f"), "f");
    }
}
