//! What the server is asked, and the statement that asks it.

use crate::sql::{self, TokenKind};

use super::super::names::{SEARCHED, base};

/// Whether two texts mean the same at one place of a schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// Where the texts stand.
    pub of: Of,
    /// The schema that the expected text's unqualified names are looked up in first; then come `public` and
    /// `extensions`. The found text was printed with an empty search path.
    pub schema: String,
    /// As the suite has it.
    pub expected: String,
    /// As the server printed it.
    pub found: String,
}

/// A table or view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
}

/// Where a text stands: what its names mean, and what its value becomes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// A condition on a row: a check constraint, USING and WITH CHECK of a policy, the predicate of an index.
    Condition(Relation),
    /// The WHEN of a trigger or the condition of a rule, which knows OLD and NEW.
    When(Relation),
    /// The default or the expression of a column of this type.
    Value(Relation, String),
    /// The default of a domain over this type, or of a parameter of it.
    Constant(String),
    /// A key column of an index with this access method: an expression, then collation, operator class, order.
    IndexColumn(Relation, String),
    /// The check of a domain over this type.
    DomainCheck(String),
    /// The query of a view.
    Select,
    /// A type with its modifiers.
    Type,
}

/// What the server makes of a question: two views, and what is compared of them.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) form: &'static str,
    pub(super) method: Option<String>,
    pub(super) statements: [String; 2],
    pub(super) tails: [String; 2],
}

impl Question {
    /// The statements; an error where a text could be more than the one thing that it should be.
    pub(super) fn asked(&self) -> Result<Asked, &'static str> {
        let [expected, found] = match self.of {
            // The server ends a view's query so.
            Of::Select => [&self.expected, &self.found].map(|text| without_end(text)),
            _ => [self.expected.as_str(), &self.found],
        };
        let (expected, found) = (enclosed(expected)?, enclosed(found)?);
        let (form, method) = match &self.of {
            Of::Type => ("type", None),
            // A method has no schema.
            Of::IndexColumn(_, method) => ("index", Some(sql::quote_ident(method))),
            _ => ("view", None),
        };
        let ((expected, first), (found, second)) = match self.of {
            Of::IndexColumn(..) => (split_index_column(expected), split_index_column(found)),
            _ => ((expected, ""), (found, "")),
        };
        let mut path = vec![self.schema.as_str()];
        path.extend(SEARCHED);
        let path: Vec<String> = path
            .into_iter()
            .filter(|schema| !schema.is_empty())
            .map(sql::quote_ident)
            .collect();
        Ok(Asked {
            // Last, or an unqualified name would mean a temporary table of the session.
            path: format!("{}, pg_temp", path.join(", ")),
            form,
            method,
            statements: match self.of {
                // A cast of ARRAY[…] is handed down to its elements, an assignment is not.
                Of::Value(..) | Of::Constant(_) if is_array(expected) || is_array(found) => {
                    [expected, found].map(|text| {
                        self.of
                            .statement(&format!("case when true then {text}\n end"))
                    })
                }
                _ => [expected, found].map(|text| self.of.statement(text)),
            },
            tails: [first, second].map(|tail| format!("{tail}\n")),
        })
    }
}

impl Of {
    /// A query that has the text where it means what it means at its place. The table is the user's own: a copy would
    /// have another row type, and reading it takes a lock that only ACCESS EXCLUSIVE minds.
    fn statement(&self, text: &str) -> String {
        let named = |relation: &Relation| {
            format!(
                "{}.{}",
                sql::quote_ident(&relation.schema),
                sql::quote_ident(&relation.name)
            )
        };
        // A line comment may end the text.
        match self {
            Self::Condition(relation) => {
                format!("select 1 as v from {} where ({text}\n)", named(relation))
            }
            Self::When(relation) => {
                let table = named(relation);
                format!("select 1 as v from {table} as old, {table} as new where ({text}\n)")
            }
            Self::Value(relation, r#type) => format!(
                "select cast(({text}\n) as {}) as v from {}",
                without_modifiers(r#type),
                named(relation)
            ),
            Self::Constant(r#type) => {
                format!(
                    "select cast(({text}\n) as {}) as v",
                    without_modifiers(r#type)
                )
            }
            Self::IndexColumn(relation, _) => {
                format!("select ({text}\n) as v from {}", named(relation))
            }
            Self::DomainCheck(r#type) => format!(
                "select 1 as v from (select cast(null as {type}) as value) as domain where ({text}\n)"
            ),
            // In parentheses, since WITH CHECK OPTION belongs to the view.
            Self::Select => format!("({text}\n)"),
            Self::Type => format!("select cast(null as {text}\n) as v"),
        }
    }
}

/// A type without its modifiers, as a cast takes it: a cast to `varchar(3)` would cut what an assignment refuses.
fn without_modifiers(r#type: &str) -> String {
    let (of, array) = match r#type.strip_suffix("[]") {
        Some(of) => (of, "[]"),
        None => (r#type, ""),
    };
    let name = base(of);
    // `timestamp(3) with time zone`
    let behind = of[name.len()..]
        .split_once(')')
        .map_or("", |(_, rest)| rest);
    let name = match name {
        "character" => "bpchar",
        // The keyword is bit(1).
        "bit" => "\"bit\"",
        name if name == "interval" || name.starts_with("interval ") => "interval",
        name => name,
    };
    format!("{name}{behind}{array}")
}

/// A statement without the semicolon that ends it.
fn without_end(text: &str) -> &str {
    match sql::tokens(text).last() {
        Some(last) if last.text == ";" => &text[..last.span.start],
        _ => text,
    }
}

/// The text, if it stays within parentheses that are put around it, is one thing and takes no lock.
fn enclosed(text: &str) -> Result<&str, &'static str> {
    let all: Vec<_> = sql::tokens(text).collect();
    if all.is_empty() {
        return Err("there is nothing in it");
    }
    if text.contains('\0') {
        return Err("it has a zero byte");
    }
    let mut open = Vec::new();
    for (at, token) in all.iter().enumerate() {
        match (token.kind, token.text) {
            (TokenKind::Unterminated(_) | TokenKind::Unknown | TokenKind::Parameter, _) => {
                return Err("it is no SQL");
            }
            (TokenKind::Punctuation, ";") => return Err("it is more than one statement"),
            (TokenKind::Punctuation, opening @ ("(" | "[")) => open.push(opening),
            (TokenKind::Punctuation, closing @ (")" | "]")) => {
                let wanted = if closing == ")" { "(" } else { "[" };
                if open.pop() != Some(wanted) {
                    return Err("its parentheses do not match");
                }
            }
            (TokenKind::Word, word) if word.eq_ignore_ascii_case("for") => {
                let next = all.get(at + 1).map(|t| t.text.to_ascii_lowercase());
                if matches!(next.as_deref(), Some("update" | "share" | "no" | "key")) {
                    return Err("it locks rows");
                }
            }
            _ => {}
        }
    }
    if open.is_empty() {
        Ok(text)
    } else {
        Err("its parentheses do not match")
    }
}

/// Whether the text begins with `ARRAY[`, parentheses aside.
fn is_array(text: &str) -> bool {
    let mut rest = sql::tokens(text).skip_while(|t| t.text == "(");
    rest.next()
        .is_some_and(|t| t.text.eq_ignore_ascii_case("array"))
        && rest.next().is_some_and(|t| t.text == "[")
}

/// The expression of an index column, and what follows it.
fn split_index_column(text: &str) -> (&str, &str) {
    let all: Vec<_> = sql::tokens(text).collect();
    let word = |at: usize| {
        all.get(at)
            .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::QuotedIdent))
    };
    let is = |at: usize, text: &str| {
        all.get(at)
            .is_some_and(|t| t.text.eq_ignore_ascii_case(text))
    };
    // `a`, `app.f`
    let name = |mut at: usize| {
        if !word(at) {
            return at;
        }
        at += 1;
        while is(at, ".") && word(at + 1) {
            at += 2;
        }
        at
    };
    let group = |mut at: usize| {
        if !is(at, "(") {
            return at;
        }
        let mut depth = 0_usize;
        while let Some(token) = all.get(at) {
            at += 1;
            match token.text {
                "(" => depth += 1,
                ")" if depth == 1 => break,
                ")" => depth -= 1,
                _ => {}
            }
        }
        at
    };
    let order = |at: usize| is(at, "asc") || is(at, "desc") || is(at, "nulls");
    let end = group(name(0));
    let mut at = end;
    if is(at, "collate") {
        at = name(at + 1);
    }
    if !order(at) {
        at = group(name(at));
    }
    if is(at, "asc") || is(at, "desc") {
        at += 1;
    }
    if is(at, "nulls") {
        at += 2;
    }
    // An expression without parentheses around it: only the order can be told from it.
    let end = if at == all.len() && end > 0 {
        end
    } else {
        let nulls = if all.len() > 2 && is(all.len() - 2, "nulls") {
            2
        } else {
            0
        };
        let rest = all.len() - nulls;
        let direction = rest > 1 && (is(rest - 1, "asc") || is(rest - 1, "desc"));
        rest - usize::from(direction)
    };
    let cut = all.get(end).map_or(text.len(), |t| t.span.start);
    text.split_at(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_more_than_one_expression_is_not_sent() {
        for text in [
            "true) or (true",
            "1; drop table t",
            "true; --",
            "(a",
            "a]",
            "(a]",
            "'a",
            "a /* b",
            "$1",
            "",
            " -- nothing",
            "a = 'x\0'",
            "exists (select 1 from t FOR  Update)",
            "exists (select 1 from t for no key update)",
        ] {
            assert!(enclosed(text).is_err(), "{text}");
        }
        for text in [
            "a",
            "(a)[1]",
            "a = ')'",
            "a -- )",
            "\"a)\" > 0",
            "$$;$$ = a",
            "substring(a from 1 for 2)",
        ] {
            assert_eq!(enclosed(text), Ok(text));
        }
        assert_eq!(without_end("select 1 -- a\n; -- b"), "select 1 -- a\n");
    }

    #[test]
    fn an_index_column_ends_where_its_order_begins() {
        for (text, expression, rest) in [
            ("a", "a", ""),
            ("\"Odd\" desc", "\"Odd\" ", "desc"),
            ("a desc nulls last", "a ", "desc nulls last"),
            ("a text_pattern_ops", "a ", "text_pattern_ops"),
            ("a collate \"C\" asc", "a ", "collate \"C\" asc"),
            ("a app.my_ops (x = 1) desc", "a ", "app.my_ops (x = 1) desc"),
            ("lower(a) nulls first", "lower(a) ", "nulls first"),
            ("app.f((a), b) x_ops", "app.f((a), b) ", "x_ops"),
            ("(a + b) desc", "(a + b) ", "desc"),
            ("a + b desc", "a + b ", "desc"),
            ("a ->> 'k'", "a ->> 'k'", ""),
            ("(a) + (b)", "(a) + (b)", ""),
            ("a::text nulls last", "a::text ", "nulls last"),
        ] {
            assert_eq!(split_index_column(text), (expression, rest), "{text}");
        }
    }

    #[test]
    fn a_type_loses_its_modifiers_alone() {
        for (full, bare) in [
            ("integer", "integer"),
            ("numeric(5,2)", "numeric"),
            ("character varying(5)[]", "character varying[]"),
            ("character(3)", "bpchar"),
            ("character", "bpchar"),
            ("bit(3)", "\"bit\""),
            ("bit varying(3)", "bit varying"),
            ("timestamp(3) with time zone", "timestamp with time zone"),
            ("time(0) without time zone[]", "time without time zone[]"),
            ("interval day to second(3)", "interval"),
            ("extensions.geometry(Point,4326)", "extensions.geometry"),
            ("public.\"a(b\"", "public.\"a(b\""),
        ] {
            assert_eq!(without_modifiers(full), bare, "{full}");
        }
    }
}
