//! Types by alias and modifiers.

use super::keyword::is_builtin_type;
use super::token::{Class, Token, tokens};

/// Whether two types are the same, `schema` being the one that unqualified names are looked up in first.
pub fn same_type(expected: &str, found: &str, schema: &str) -> bool {
    same(
        expected,
        found,
        &[schema, "pg_catalog", "public", "extensions"],
    )
}

/// Whether two types are the same whatever else there is: nothing can hide the one that was found, since its name has
/// the schema that is looked at first, or is written with it.
pub fn surely_same_type(expected: &str, found: &str, schema: &str) -> bool {
    same(expected, found, &[schema])
}

/// A name with its schema means just that one; a name without is looked up.
fn same(expected: &str, found: &str, searched: &[&str]) -> bool {
    let (expected, found) = (canonical(expected, &["pg_catalog"]), tokens(found));
    expected == canonical_tokens(&found, &["pg_catalog"])
        || expected == canonical_tokens(&found, searched)
}

/// Whether it is a pseudo-type, as functions take and return them: no column can have it.
pub fn is_pseudo_type(text: &str) -> bool {
    const PSEUDO: &str = "\"any\" anyarray anycompatible anycompatiblearray anycompatiblemultirange \
        anycompatiblenonarray anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange cstring \
        event_trigger fdw_handler index_am_handler internal language_handler pg_ddl_command record record[] \
        table_am_handler trigger tsm_handler void";
    let name = canonical(text, &["pg_catalog"]);
    PSEUDO.split_whitespace().any(|pseudo| pseudo == name)
}

/// One spelling for a type: the server's (`format_type`), without the schemas that are `searched`.
pub(super) fn canonical(text: &str, searched: &[&str]) -> String {
    canonical_tokens(&tokens(text), searched)
}

/// The same of tokens.
pub(super) fn canonical_tokens(tokens: &[Token], searched: &[&str]) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut modifiers = String::new();
    let mut dimensions = false;
    let mut depth = 0;
    let mut rest = tokens;
    while let Some((token, tail)) = rest.split_first() {
        rest = tail;
        match token.text.as_str() {
            "[" => {
                // Postgres keeps no sizes and no number of dimensions.
                dimensions = true;
                let close = rest
                    .iter()
                    .position(|t| t.is("]"))
                    .map_or(rest.len(), |at| at + 1);
                rest = &rest[close..];
            }
            "array" => dimensions = true,
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if depth > 0 => modifiers.push_str(&token.text),
            text => words.push(text),
        }
    }
    let mut name = strip_schema(&words, searched);
    // `pg_catalog.char` and `pg_catalog.bit` are not what the keywords mean.
    let mut keyword = words.len() != 3 || words[1] != ".";
    // The server's own name of an array type.
    if let Some(of) = name.strip_prefix('_')
        && (is_builtin_type(of) || of == "char")
    {
        name = of.to_owned();
        dimensions = true;
        keyword = false;
    }
    let mut modifiers = modifiers.as_str();
    let standard = match name.as_str() {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "bool" => "boolean",
        "varchar"
        | "char varying"
        | "nchar varying"
        | "national char varying"
        | "national character varying" => "character varying",
        "varbit" => "bit varying",
        "decimal" | "dec" => "numeric",
        "float4" => "real",
        "float8" => "double precision",
        "float" => match modifiers.parse::<u8>() {
            Ok(bits) if bits <= 24 => {
                modifiers = "";
                "real"
            }
            _ => {
                modifiers = "";
                "double precision"
            }
        },
        "bpchar" if !modifiers.is_empty() => "character",
        "char" if !keyword => "\"char\"",
        "bit" if !keyword && modifiers.is_empty() => "\"bit\"",
        "char" | "character" | "nchar" | "national char" | "national character" => "character",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "timetz" => "time with time zone",
        "time" => "time without time zone",
        other => other,
    };
    let scaled;
    let modifiers = match (standard, modifiers) {
        ("character", "") => "1",
        ("bit", "") => "1",
        ("numeric", precision) if !precision.is_empty() && !precision.contains(',') => {
            scaled = format!("{precision},0");
            &scaled
        }
        // The server keeps no more than six digits of a second, and says so.
        (time, digits)
            if ["time with", "timestamp with", "interval"]
                .iter()
                .any(|of| time.starts_with(of))
                && digits.parse::<u32>().is_ok_and(|digits| digits > 6) =>
        {
            "6"
        }
        _ => modifiers,
    };
    name = standard.to_owned();
    if !modifiers.is_empty() {
        name.push_str(&format!("({modifiers})"));
    }
    if dimensions {
        name.push_str("[]");
    }
    name
}

fn strip_schema(words: &[&str], searched: &[&str]) -> String {
    match words {
        ["pg_catalog", ".", rest @ ..] => rest.join(" "),
        // The server looks at its own types first: `public.text` is never meant by `text`.
        [first, ".", rest @ ..]
            if searched.contains(first) && !is_builtin_type(&rest.join(" ")) =>
        {
            rest.join(" ")
        }
        [first, ".", rest @ ..] => format!("{first}.{}", rest.join(" ")),
        words => words.join(" "),
    }
}

/// Whether the tokens from `at` start a type name, and how many they are; for casts.
pub(super) fn type_length(tokens: &[Token]) -> usize {
    const LONG: [&[&str]; 6] = [
        &["character", "varying"],
        &["double", "precision"],
        &["bit", "varying"],
        &["timestamp", "with"],
        &["timestamp", "without"],
        &["time", "with"],
    ];
    let word = |at: usize| {
        tokens
            .get(at)
            .filter(|t| t.class == Class::Word)
            .map(|t| t.text.as_str())
    };
    if word(0).is_none() {
        return 0;
    }
    let mut at = 1;
    while tokens.get(at).is_some_and(|t| t.is(".")) && word(at + 1).is_some() {
        at += 2;
    }
    let modifiers = |at: usize| -> usize {
        if !tokens.get(at).is_some_and(|t| t.is("(")) {
            return 0;
        }
        tokens[at..]
            .iter()
            .position(|t| t.is(")"))
            .map_or(0, |close| close + 1)
    };
    if at == 1 {
        let second = |at: usize| word(at).unwrap_or_default();
        if LONG.iter().any(|l| second(0) == l[0] && second(1) == l[1])
            && !matches!(second(0), "timestamp" | "time")
        {
            at = 2;
        }
    }
    at += modifiers(at);
    if matches!(word(0), Some("timestamp" | "time")) && matches!(word(at), Some("with" | "without"))
    {
        at += 3;
    }
    while tokens.get(at).is_some_and(|t| t.is("[")) {
        at += tokens[at..]
            .iter()
            .position(|t| t.is("]"))
            .map_or(1, |close| close + 1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_the_same_type() {
        for (a, b) in [
            ("int", "integer"),
            ("INT8", "bigint"),
            ("varchar(255)", "character varying(255)"),
            ("character varying", "varchar"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp", "timestamp without time zone"),
            ("decimal(5, 2)", "numeric(5,2)"),
            ("char", "character(1)"),
            ("float", "double precision"),
            ("float(10)", "real"),
            ("text[]", "text array"),
            ("int[3][3]", "integer[]"),
            ("workflow_status", "public.workflow_status"),
            ("vector(3)", "extensions.vector(3)"),
            ("pg_catalog.int4", "integer"),
            ("_char", "\"char\"[]"),
            ("timestamptz(9)", "timestamp(6) with time zone"),
            ("status", "app.status"),
            ("\"Status\"", "public.\"Status\""),
        ] {
            assert!(same_type(a, b, "app"), "{a} and {b}");
        }
    }

    #[test]
    fn a_name_that_is_found_later_may_be_hidden() {
        for (a, b, sure) in [
            ("int", "integer", true),
            ("app.mood", "app.mood", true),
            ("mood[]", "app.mood[]", true),
            ("public.mood", "public.mood", true),
            ("mood", "public.mood", false),
            ("citext", "extensions.citext", false),
        ] {
            assert!(same_type(a, b, "app"), "{a} and {b}");
            assert_eq!(surely_same_type(a, b, "app"), sure, "{a} and {b}");
        }
    }

    #[test]
    fn a_pseudo_type_is_one_of_the_servers_own() {
        for pseudo in [
            "void",
            "TRIGGER",
            "pg_catalog.record",
            "\"any\"",
            "record[]",
        ] {
            assert!(is_pseudo_type(pseudo), "{pseudo}");
        }
        for other in ["text", "app.trigger", "mood", "name", "void[]"] {
            assert!(!is_pseudo_type(other), "{other}");
        }
    }

    #[test]
    fn other_types_are_not() {
        for (a, b) in [
            ("int", "bigint"),
            ("varchar(255)", "character varying(100)"),
            ("varchar", "text"),
            ("timestamp", "timestamp with time zone"),
            ("numeric(5,2)", "numeric"),
            ("text", "text[]"),
            ("other.status", "public.status"),
            ("app.status", "public.status"),
            ("\"Status\"", "public.status"),
            ("char(2)", "character(1)"),
        ] {
            assert!(!same_type(a, b, "public"), "{a} and {b}");
        }
    }
}
