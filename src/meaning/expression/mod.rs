//! Expressions as people write them and as the server prints them.
//!
//! Both are parsed by the server's precedence. What the server adds without being asked is taken away: parentheses,
//! and those casts that follow from the types of the other operands. A cast is only taken away where its absence
//! would have made the server add just this one; in doubt it stays, and the two are not the same.

mod infer;
mod normal;
mod parse;
#[cfg(test)]
mod tests;

use super::names::Names;
use super::token::{Token, tokens};
use normal::normal;
use parse::{Expr, parse, parse_prefix};

/// Whether two expressions are the same but for case, white space, and what the server adds when it prints.
pub fn same_expression(a: &str, b: &str, names: &Names<'_>) -> bool {
    let (a, b) = (tokens(a), tokens(b));
    if texts(bare(&a)).eq(texts(bare(&b))) {
        return true;
    }
    let tree = |tokens| parse(tokens, names).map(|e| normal::result(e, names));
    matches!((tree(&a), tree(&b)), (Some(a), Some(b)) if a == b)
}

/// Whether two lists of columns of an index are the same by text, in order.
pub fn same_index_columns(a: &[String], b: &[String], names: &Names<'_>) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_index_column(a, b, names))
}

/// Whether two key columns of an index are the same: an expression, then collation, operator class and order.
pub fn same_index_column(a: &str, b: &str, names: &Names<'_>) -> bool {
    let (a, b) = (tokens(a), tokens(b));
    if texts(&a).eq(texts(&b)) {
        return true;
    }
    let tree = |tokens| -> Option<(Expr, Vec<String>)> {
        let (expr, rest) = parse_prefix(tokens, names)?;
        let mut rest: Vec<String> = texts(rest).map(ToOwned::to_owned).collect();
        rest.retain(|word| word != "asc");
        // NULLS FIRST belongs to DESC, and NULLS LAST to its absence.
        let descending = rest.iter().any(|word| word == "desc");
        if rest.ends_with(&[
            "nulls".to_owned(),
            if descending { "first" } else { "last" }.to_owned(),
        ]) {
            rest.truncate(rest.len() - 2);
        }
        Some((normal(expr, names), rest))
    };
    matches!((tree(&a), tree(&b)), (Some(a), Some(b)) if a == b)
}

fn texts(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().map(|t| t.text.as_str())
}

/// Without parentheses around the whole.
fn bare(tokens: &[Token]) -> &[Token] {
    let open = tokens.iter().take_while(|t| t.is("(")).count();
    let close = tokens.iter().rev().take_while(|t| t.is(")")).count();
    let Some(inner) = tokens
        .len()
        .checked_sub(open + close)
        .filter(|length| *length > 0)
    else {
        return tokens;
    };
    let (mut depth, mut least) = (open, open);
    for token in &tokens[open..open + inner] {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
            least = least.min(depth);
        }
    }
    let around = if depth == close { least.min(close) } else { 0 };
    &tokens[around..tokens.len() - around]
}
