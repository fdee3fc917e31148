//! Takes away the casts that the server adds.

use super::super::keyword;
use super::super::literal::{compact_json, number_in_string, number_type};
use super::super::names::{Names, SEARCHED};
use super::infer::{is_text, type_of};
use super::parse::{Expr, op};

/// The normal form of an expression whose value is assigned to the type that `names` tells.
pub(super) fn result(expr: Expr, names: &Names<'_>) -> Expr {
    let mut expr = normal(expr, names);
    if let Some(r#type) = names.result() {
        settle(&mut expr, &r#type, false);
    }
    expr
}

/// The normal form of an expression.
pub(super) fn normal(expr: Expr, names: &Names<'_>) -> Expr {
    let all = |operands: Vec<Expr>| -> Vec<Expr> {
        operands.into_iter().map(|e| normal(e, names)).collect()
    };
    match expr {
        Expr::Cast(inner, r#type) => cast(normal(*inner, names), r#type),
        Expr::Call(name, arguments) => call(name, all(arguments), names),
        Expr::Op(label, operands) => operator(label, all(operands), names),
        // `t.a` in an expression on t itself.
        Expr::Name(parts) => Expr::Name(match <[String; 2]>::try_from(parts) {
            Ok([table, column]) if names.is_own(&table, &column) => vec![column],
            Ok(parts) => parts.into(),
            Err(parts) => parts,
        }),
        other => other,
    }
}

fn cast(inner: Expr, r#type: String) -> Expr {
    match inner {
        Expr::String(text) => match number_in_string(&text, &r#type) {
            Some(number) => Expr::Number(number),
            None => Expr::Cast(Box::new(Expr::String(text)), r#type),
        },
        Expr::Number(text) if number_type(&text) == r#type => Expr::Number(text),
        // The server hands a cast of ARRAY[…] down to the constants in it.
        Expr::Op(label, elements)
            if label == "array"
                && r#type.ends_with("[]")
                && elements.iter().all(is_bare)
                && !elements.is_empty() =>
        {
            let of = r#type.trim_end_matches("[]");
            op(
                "array",
                elements
                    .into_iter()
                    .map(|e| cast(e, of.to_owned()))
                    .collect::<Vec<_>>(),
            )
        }
        other => Expr::Cast(Box::new(other), r#type),
    }
}

/// A constant that nobody gave a type.
fn is_bare(expr: &Expr) -> bool {
    matches!(expr, Expr::String(_) | Expr::Number(_) | Expr::Null)
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Cast(inner, _) => is_bare(inner),
        other => is_bare(other),
    }
}

/// Takes away the cast of a constant to the type that it gets anyway, and spells its value as the server does.
fn settle(expr: &mut Expr, r#type: &str, numbers: bool) {
    if let Expr::Cast(inner, to) = expr
        && to == r#type
        && (!matches!(**inner, Expr::Number(_)) || numbers)
        && is_bare(inner)
    {
        *expr = std::mem::replace(inner, Expr::Null);
    }
    if let Expr::String(text) = expr {
        if r#type == "integer"
            && let Some(number) = number_in_string(text, r#type)
        {
            *expr = Expr::Number(number);
        } else if r#type == "jsonb"
            && let Some(compact) = compact_json(text)
        {
            *text = compact;
        }
    }
}

/// Takes the cast to `text` away that every operator gives a `varchar`.
fn strip_varchar(expr: &mut Expr, names: &Names<'_>) {
    if let Expr::Cast(inner, to) = expr
        && to == "text"
        && !matches!(**inner, Expr::Cast(..))
        && type_of(inner, names).as_deref() == Some("character varying")
    {
        *expr = std::mem::replace(inner, Expr::Null);
    }
}

const COMPARISONS: [&str; 16] = [
    "=", "<>", "<", ">", "<=", ">=", "~", "~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*", "@>", "<@",
];

/// What a constant beside `other` is taken for, and whether a number's cast follows too.
fn beside(label: &str, other: &Expr, constant: &Expr, names: &Names<'_>) -> Option<(String, bool)> {
    let to = match constant {
        Expr::Cast(_, to) => Some(to.as_str()),
        _ => None,
    };
    let number = match constant {
        Expr::Cast(inner, _) => matches!(**inner, Expr::Number(_)),
        other => matches!(other, Expr::Number(_)),
    };
    let comparison = COMPARISONS.contains(&label) || label == "is distinct from";
    let Some(known) = type_of(other, names) else {
        // Where the operand's type is not known, only types that have operators with themselves alone.
        let alone = |t: &str| {
            matches!(t, "text" | "uuid" | "boolean" | "jsonb")
                || !keyword::is_builtin_type(t) && !is_spelt_out(t)
        };
        return to
            .filter(|t| comparison && !number && alone(t))
            .map(|t| (t.to_owned(), false));
    };
    match (label, known.as_str()) {
        ("at time zone", _) => Some(("text".to_owned(), false)),
        ("->" | "->>" | "?", "json" | "jsonb") => Some(("text".to_owned(), false)),
        ("#>" | "#>>" | "?|" | "?&", "json" | "jsonb") => Some(("text[]".to_owned(), false)),
        // Here a string is no number and no JSON.
        ("||", "text" | "character varying") => Some(("text".to_owned(), false)),
        ("||", "jsonb") => Some((known, false)),
        ("||" | "-", "json" | "jsonb") | ("||", _) => None,
        (_, "character varying") => Some(("text".to_owned(), false)),
        (_, "numeric" | "double precision") if number => Some((known, true)),
        ("*" | "/", "interval") if number => Some(("double precision".to_owned(), true)),
        (_, "real") if number => Some(("double precision".to_owned(), true)),
        _ if number => None,
        // `created_at + '1 day'` and the like have several meanings.
        _ if comparison => Some((known, false)),
        ("+" | "-" | "*" | "/" | "%", "numeric" | "double precision" | "integer") => {
            Some((known, false))
        }
        ("&&", known) if known.ends_with("[]") => Some((known.to_owned(), false)),
        _ => None,
    }
}

/// Types of several words or with brackets: all of them the server's own.
fn is_spelt_out(r#type: &str) -> bool {
    r#type.contains([' ', '[', '('])
        || matches!(
            r#type,
            "integer" | "bigint" | "smallint" | "real" | "numeric" | "character"
        )
        || r#type.starts_with('"') && !r#type.contains('.')
}

/// Adds the cast that the operand of a narrower type gets beside one of a wider.
fn widen(left: &mut Expr, right: &mut Expr, names: &Names<'_>) {
    let rank = |e: &Expr| match type_of(e, names)?.as_str() {
        "smallint" | "integer" | "bigint" => Some(1),
        "numeric" => Some(2),
        "real" | "double precision" => Some(3),
        _ => None,
    };
    let (Some(l), Some(r)) = (rank(left), rank(right)) else {
        return;
    };
    let (narrow, wide) = if l < r { (left, r) } else { (right, l) };
    // A constant takes the type without a trace: see `settle`.
    if l != r && !is_constant(narrow) {
        let r#type = if wide == 2 {
            "numeric"
        } else {
            "double precision"
        };
        *narrow = Expr::Cast(
            Box::new(std::mem::replace(narrow, Expr::Null)),
            r#type.to_owned(),
        );
    }
}

fn pair(label: &str, left: &mut Expr, right: &mut Expr, names: &Names<'_>) {
    if COMPARISONS.contains(&label)
        || matches!(label, "+" | "-" | "*" | "/" | "%" | "is distinct from")
    {
        widen(left, right, names);
    }
    // Which of two constants gave the other its type cannot be seen.
    match (is_constant(left), is_constant(right)) {
        (true, true) => return,
        (false, true) => {
            if let Some((r#type, numbers)) = beside(label, left, right, names) {
                settle(right, &r#type, numbers);
            }
        }
        (true, false)
            if !matches!(
                label,
                "->" | "->>" | "#>" | "#>>" | "?" | "?|" | "?&" | "at time zone"
            ) =>
        {
            if let Some((r#type, numbers)) = beside(label, right, left, names) {
                settle(left, &r#type, numbers);
            }
        }
        _ => {}
    }
    let text = |e: &Expr| is_bare(e) || type_of(e, names).is_some_and(|t| is_text(&t));
    if label != "||" || text(left) && text(right) {
        strip_varchar(left, names);
        strip_varchar(right, names);
    }
}

fn operator(label: String, mut operands: Vec<Expr>, names: &Names<'_>) -> Expr {
    match (label.as_str(), operands.as_mut_slice()) {
        ("and" | "or" | "subscript" | "extract", _) => {}
        ("array", elements) => {
            let texts = |e: &Expr| matches!(e, Expr::String(_)) || as_string(e) == Some("text");
            if elements.iter().all(texts) {
                elements.iter_mut().for_each(|e| settle(e, "text", false));
            }
        }
        ("case" | "case else", all) => {
            let results: Vec<usize> = (0..all.len())
                .filter(|i| i % 2 == 1 || i + 1 == all.len())
                .collect();
            let known = results
                .iter()
                .map(|&i| &all[i])
                .filter(|e| !is_constant(e))
                .map(|e| type_of(e, names));
            let r#type = match known.collect::<Vec<_>>().as_slice() {
                [] if results
                    .iter()
                    .all(|&i| matches!(as_string(&all[i]), Some("text") | None)) =>
                {
                    Some("text".to_owned())
                }
                [Some(first), rest @ ..] if rest.iter().all(|t| t.as_ref() == Some(first)) => {
                    Some(first.clone())
                }
                _ => None,
            };
            if let Some(r#type) = r#type {
                for i in results {
                    settle(&mut all[i], &r#type, false);
                }
            }
        }
        (member, [left, Expr::Op(array, elements)])
            if matches!(array.as_str(), "array" | "list") && is_member(member) =>
        {
            let (left, elements) = (
                std::mem::replace(left, Expr::Null),
                std::mem::take(elements),
            );
            return list_member(member, left, elements, names);
        }
        // `'a' = any (tags)`
        (member, [left, right])
            if is_member(member)
                && is_constant(left)
                && type_of(right, names)
                    .is_some_and(|t| t.ends_with("[]") && !t.starts_with("character")) =>
        {
            let of = type_of(right, names).unwrap_or_default();
            settle(left, of.trim_end_matches("[]"), false);
        }
        // `x in ('a', 'b')` where x is a varchar.
        (member @ ("any =" | "all <>"), [Expr::Cast(left, text), Expr::Cast(array, texts)])
            if text == "text" && texts == "text[]" =>
        {
            if let Expr::Op(label, elements) = &mut **array
                && label == "array"
                && type_of(left, names).as_deref() == Some("character varying")
                && matches!(**left, Expr::Name(_))
                && elements
                    .iter()
                    .all(|e| as_string(e) == Some("character varying"))
            {
                for element in elements.iter_mut() {
                    settle(element, "character varying", false);
                }
                let left = std::mem::replace(&mut **left, Expr::Null);
                let array = op("array", std::mem::take(elements));
                return op(
                    if member == "any =" { "in =" } else { "in <>" },
                    [left, array],
                );
            }
        }
        (label, [left, right]) => pair(label, left, right, names),
        _ => {}
    }
    Expr::Op(label, operands)
}

fn is_member(label: &str) -> bool {
    label.starts_with("any ") || label.starts_with("all ") || label.starts_with("in ")
}

/// The type of a string constant with a cast.
fn as_string(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Cast(inner, to) if matches!(**inner, Expr::String(_) | Expr::Null) => Some(to),
        _ => None,
    }
}

/// `x in (…)`, which the server prints as `x = any (array[…])`.
fn list_member(label: &str, mut left: Expr, mut elements: Vec<Expr>, names: &Names<'_>) -> Expr {
    let known = type_of(&left, names);
    // Constants of an array take the type of x with IN alone; else strings are texts.
    let r#in = label.starts_with("in ");
    let same = match known.as_deref() {
        // Whatever the constants are called, the server compares texts.
        Some("character varying") => elements
            .iter()
            .all(|e| matches!(e, Expr::String(_)) || as_string(e) == Some("character varying")),
        Some(known @ ("numeric" | "bigint" | "double precision")) => {
            elements.iter().all(|e| match e {
                Expr::Cast(inner, to) => to == known && is_bare(inner),
                Expr::Number(n) => r#in || number_type(n) == known,
                _ => false,
            })
        }
        Some("integer" | "smallint") => elements
            .iter()
            .all(|e| matches!(e, Expr::Number(n) if number_type(n) == "integer")),
        Some(known) => elements.iter().all(|e| match e {
            Expr::String(_) => r#in || known == "text",
            other => as_string(other) == Some(known),
        }),
        None => false,
    };
    if !same {
        return op(label, [left, op("array", elements)]);
    }
    for element in &mut elements {
        settle(element, known.as_deref().unwrap_or_default(), true);
    }
    // `v::text = any (array['a'::text])` is what `v in ('a')` does, whose constants are printed as varchar.
    if elements.iter().all(|e| matches!(e, Expr::String(_))) {
        strip_varchar(&mut left, names);
    }
    let label = match label {
        "any =" => "in =",
        "all <>" => "in <>",
        other => other,
    };
    op(label, [left, op("array", elements)])
}

fn call(mut name: Vec<String>, mut arguments: Vec<Expr>, names: &Names<'_>) -> Expr {
    match name.as_slice() {
        [schema, _] if schema == "pg_catalog" => drop(name.remove(0)),
        [schema, function] if names.is_found_without(schema, function) => drop(name.remove(0)),
        _ => {}
    }
    let [function] = name.as_slice() else {
        for argument in &mut arguments {
            settle(argument, "text", false);
        }
        return Expr::Call(name, arguments);
    };
    match function.as_str() {
        "nullif" => {
            if let [left, right] = arguments.as_mut_slice() {
                pair("=", left, right, names);
            }
        }
        "coalesce" | "greatest" | "least" => {
            let known = arguments
                .iter()
                .filter(|a| !is_constant(a))
                .map(|a| type_of(a, names))
                .collect::<Vec<_>>();
            if let [Some(first), rest @ ..] = known.as_slice()
                && rest.iter().all(|t| t.as_ref() == Some(first))
            {
                arguments.iter_mut().for_each(|a| settle(a, first, true));
            }
        }
        "nextval" | "currval" | "setval" | "lastval" => {
            if let Some(sequence) = arguments.first_mut() {
                settle(sequence, "regclass", false);
                if let Expr::String(text) = sequence {
                    let found = [names.schema()].into_iter().chain(SEARCHED);
                    let bare = found
                        .filter_map(|s| text.strip_prefix(s)?.strip_prefix('.'))
                        .next();
                    if let Some(bare) = bare.map(ToOwned::to_owned) {
                        *text = bare;
                    }
                }
            }
        }
        // These take any type, and what they are given decides what they do.
        "concat" | "concat_ws" | "format" | "pg_typeof" | "num_nulls" | "num_nonnulls"
        | "to_json" | "to_jsonb" | "json_build_object" | "json_build_array"
        | "jsonb_build_object" | "jsonb_build_array" | "array_append" | "array_prepend"
        | "array_position" | "array_positions" | "array_remove" | "array_replace"
        | "quote_literal" | "quote_nullable" | "row_to_json" | "array_fill" | "array_to_string"
        | "string_to_array" => {}
        _ => {
            let on_text = [
                "lower",
                "upper",
                "length",
                "char_length",
                "character_length",
                "octet_length",
                "btrim",
                "ltrim",
                "rtrim",
                "md5",
                "substr",
                "\"substring\"",
                "substring",
                "replace",
                "split_part",
                "left",
                "right",
                "initcap",
                "starts_with",
                "regexp_replace",
                "regexp_match",
                "strpos",
                "reverse",
            ]
            .contains(&function.as_str());
            for argument in &mut arguments {
                settle(argument, "text", false);
                if on_text {
                    strip_varchar(argument, names);
                }
            }
        }
    }
    Expr::Call(name, arguments)
}
