//! When two types, defaults or expressions are the same.
//!
//! It is decided first by text and by what the catalog knows of the names: aliases of types, case of keywords, white
//! space, parentheses, and casts that the server adds when it prints an expression. Two things that the server tells
//! apart are never called the same; some that it calls the same are not recognised so. About those [`canon`] makes
//! questions to the server, for somebody else to ask.

pub mod canon;
mod expression;
mod keyword;
mod literal;
mod name;
mod names;
mod token;
mod types;

pub use expression::{same_expression, same_index_column, same_index_columns};
pub use name::{ObjectName, find_unquoted, name_list, same_name};
pub use names::Names;
pub(crate) use token::{Class, Token, tokens};
pub use types::{is_pseudo_type, same_type, surely_same_type};

/// Whether two optional expressions are both absent or the same.
pub fn same_optional_expression(a: Option<&str>, b: Option<&str>, names: &Names<'_>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same_expression(a, b, names),
        _ => false,
    }
}

/// Whether two defaults are the same: `default null` is none.
pub fn same_default(a: Option<&str>, b: Option<&str>, names: &Names<'_>) -> bool {
    let null = |text: &str| {
        // By far the most are not, and do not have the word.
        text.to_ascii_lowercase().contains("null") && same_expression(text, "null", names)
    };
    match (a.is_none_or(null), b.is_none_or(null)) {
        (true, true) => true,
        _ => same_optional_expression(a, b, names),
    }
}

/// A name as SQL takes it, in quotes where it has to be.
pub fn spelt_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(plain)
        && name.starts_with(|c: char| !c.is_ascii_digit())
        && !keyword::needs_quotes(name)
    {
        name.to_owned()
    } else {
        crate::sql::quote_ident(name)
    }
}

/// Whether two queries differ in white space, comments, the case of unquoted words and a closing semicolon alone.
pub fn same_query(a: &str, b: &str) -> bool {
    let texts = |text| -> Vec<String> {
        let mut texts: Vec<String> = token::tokens(text).into_iter().map(|t| t.text).collect();
        while texts.last().is_some_and(|last| last == ";") {
            texts.pop();
        }
        texts
    };
    texts(a) == texts(b)
}

/// Whether two function bodies differ in white space, comments and the case of unquoted words alone.
pub fn same_body(a: &str, b: &str) -> bool {
    let texts = |text| -> Vec<String> { token::tokens(text).into_iter().map(|t| t.text).collect() };
    texts(a) == texts(b)
}

/// A type in the server's own spelling: `varchar(3)` is `character varying(3)`.
pub fn spelt_type(text: &str) -> String {
    types::canonical(text, &["pg_catalog"])
}
