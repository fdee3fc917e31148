//! When two types, defaults or expressions are the same.
//!
//! Everything here is decided by text: aliases of types, case of keywords, white space, parentheses and casts that
//! the server adds when it prints an expression. It never calls two things the same that the server would not.

mod expression;
mod name;
mod token;
mod types;

pub use expression::same_expression;
pub use name::ObjectName;
pub(crate) use token::{Class, Token, tokens};
pub use types::same_type;

/// Whether two optional expressions are both absent or the same.
pub fn same_optional_expression(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same_expression(a, b),
        _ => false,
    }
}

/// Whether two lists hold the same expressions in the same order.
pub fn same_list(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_expression(a, b))
}

/// Whether two function bodies differ in white space, comments and the case of unquoted words alone.
pub fn same_body(a: &str, b: &str) -> bool {
    let texts = |text| -> Vec<String> { token::tokens(text).into_iter().map(|t| t.text).collect() };
    texts(a) == texts(b)
}
