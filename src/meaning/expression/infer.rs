//! The types of expressions, as far as they follow from the text and the catalog.

use super::super::literal::number_type;
use super::super::names::{Names, base};
use super::parse::Expr;

/// The type of an expression without modifiers, in one spelling; none where it is not known for sure.
pub(super) fn type_of(expr: &Expr, names: &Names<'_>) -> Option<String> {
    let of = |e: &Expr| type_of(e, names);
    match expr {
        Expr::Name(parts) => named(parts, names),
        Expr::Number(text) => Some(number_type(text).to_owned()),
        Expr::String(_) | Expr::Null => None,
        Expr::Cast(_, r#type) => Some(base(r#type).to_owned()),
        Expr::Call(name, arguments) => call(name, arguments, names),
        Expr::Op(label, operands) => match (label.as_str(), operands.as_slice()) {
            (
                "and" | "or" | "not" | "=" | "<>" | "<" | ">" | "<=" | ">=" | "~" | "~*" | "!~"
                | "!~*",
                _,
            ) => Some("boolean".to_owned()),
            ("->>" | "#>>", _) => Some("text".to_owned()),
            ("->" | "#>", [left, _]) => of(left).filter(|t| t == "json" || t == "jsonb"),
            ("unary -", [only]) => of(only).filter(|t| is_number(t)),
            ("+" | "-" | "*" | "/" | "%", [left, right]) => {
                let (left, right) = (of(left)?, of(right)?);
                let wider = NUMBERS
                    .iter()
                    .rposition(|n| *n == left)
                    .max(NUMBERS.iter().rposition(|n| *n == right));
                let integers = |t: &str| NUMBERS[..3].contains(&t);
                match wider {
                    _ if !is_number(&left) || !is_number(&right) => None,
                    _ if left == right => Some(left),
                    Some(wider) if integers(&left) && integers(&right) => {
                        Some(NUMBERS[wider].to_owned())
                    }
                    // A real beside anything else is widened too.
                    Some(3) => Some("numeric".to_owned()),
                    _ => Some("double precision".to_owned()),
                }
            }
            ("||", [left, right]) => {
                let text = |e: &Expr| of(e).is_none_or(|t| is_text(&t)) && !matches!(e, Expr::Null);
                (of(left).is_some_and(|t| is_text(&t)) && text(right)
                    || of(right).is_some_and(|t| is_text(&t)) && text(left))
                .then(|| "text".to_owned())
                .filter(|_| {
                    of(left).is_some() && of(right).is_some() || is_string(left) || is_string(right)
                })
            }
            ("extract", _) => Some("numeric".to_owned()),
            ("at time zone", [left, _]) => match of(left)?.as_str() {
                "timestamp with time zone" => Some("timestamp without time zone".to_owned()),
                "timestamp without time zone" => Some("timestamp with time zone".to_owned()),
                _ => None,
            },
            ("select", [only]) => of(only),
            (label, [only]) if label.starts_with("collate ") => of(only),
            (label, _) if label.starts_with("is ") => Some("boolean".to_owned()),
            _ => None,
        },
    }
}

fn named(parts: &[String], names: &Names<'_>) -> Option<String> {
    let last = parts.last()?;
    let value = match (parts.len(), last.as_str()) {
        (1, "true" | "false") => "boolean",
        (
            1,
            "current_user" | "session_user" | "user" | "current_role" | "current_catalog"
            | "current_schema",
        ) => "name",
        (1, "current_date") => "date",
        (1, "current_timestamp") => "timestamp with time zone",
        (1, "localtimestamp") => "timestamp without time zone",
        _ => return names.column(last),
    };
    Some(value.to_owned())
}

/// Functions of the server's own whose result is one type whatever they are given, and those of the catalog.
fn call(name: &[String], arguments: &[Expr], names: &Names<'_>) -> Option<String> {
    let name = match name {
        [name] => match names.returns_unqualified(name) {
            Some(r#type) => return Some(r#type),
            None => name.as_str(),
        },
        [schema, name] if schema == "pg_catalog" => name.as_str(),
        [schema, name] => return names.returns(schema, name),
        _ => return None,
    };
    let first = || arguments.first().and_then(|a| type_of(a, names));
    let value = match name {
        "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp" => {
            "timestamp with time zone"
        }
        "gen_random_uuid" => "uuid",
        "random" | "date_part" => "double precision",
        "to_char" | "concat" | "concat_ws" | "md5" | "initcap" | "split_part" | "replace"
        | "left" | "right" | "jsonb_typeof" | "json_typeof" | "regexp_replace" | "format" => "text",
        "length" | "char_length" | "octet_length" | "array_length" | "cardinality"
        | "jsonb_array_length" | "json_array_length" | "strpos" => "integer",
        // Of ranges and of byte strings these return something else.
        "lower" | "upper" | "btrim" | "ltrim" | "rtrim" | "substr"
            if first().is_some_and(|t| is_text(&t)) =>
        {
            "text"
        }
        "round" | "trunc" if arguments.len() == 2 => "numeric",
        "round" | "trunc" | "ceil" | "ceiling" | "floor"
            if first().as_deref() == Some("numeric") =>
        {
            "numeric"
        }
        "abs" | "greatest" | "least" | "coalesce" => {
            return arguments.iter().find_map(|a| match a {
                Expr::Number(_) => None,
                other => type_of(other, names),
            });
        }
        _ => return None,
    };
    Some(value.to_owned())
}

pub(super) fn is_text(r#type: &str) -> bool {
    r#type == "text" || r#type == "character varying"
}

/// From the narrowest to the widest.
const NUMBERS: [&str; 6] = [
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "real",
    "double precision",
];

fn is_number(r#type: &str) -> bool {
    NUMBERS.contains(&r#type)
}

pub(super) fn is_string(expr: &Expr) -> bool {
    matches!(expr, Expr::String(_))
}
