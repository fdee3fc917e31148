//! A JSON value as YAML that a person would have written: short things on one line, quotes only where they are needed,
//! text of several lines as a block. What is written reads back as the same value.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// No line is made longer by putting several things on it.
const WIDTH: usize = 120;

/// A mapping with more entries than this has a line for each.
const MOST_IN_LINE: usize = 4;

/// An implicit key has at most 1024 characters (YAML 1.2, 7.4.2); quoting may make four of one.
const LONGEST_KEY: usize = 240;

/// Which mappings may stand on one line. Names of objects have a line each, and so have the properties of an object
/// that are mappings of names again (`columns:`); what is said of one thing may stand on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// A mapping of names, with so many more such mappings below it.
    Names(usize),
    /// What is said of one thing.
    Item,
    /// A property of it.
    Property,
}

impl Level {
    fn below(self) -> Self {
        match self {
            Self::Names(0) | Self::Property => Self::Item,
            Self::Names(more) => Self::Names(more - 1),
            Self::Item => Self::Property,
        }
    }
}

/// Appends `key: value` and a line end.
pub(super) fn entry(out: &mut String, key: &str, value: &Value, level: Level) {
    Writer { out }.entry(key, value, 0, level);
}

struct Writer<'a> {
    out: &'a mut String,
}

impl Writer<'_> {
    fn entry(&mut self, key: &str, value: &Value, indent: usize, level: Level) {
        let pad = " ".repeat(indent);
        if key.chars().count() > LONGEST_KEY {
            let _ = write!(self.out, "{pad}? {}\n{pad}:", scalar(key, false));
        } else {
            let _ = write!(self.out, "{pad}{}:", scalar(key, false));
        }
        self.value(value, indent, level);
    }

    /// What stands behind a colon, with the line's end.
    fn value(&mut self, value: &Value, indent: usize, level: Level) {
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let room = WIDTH.saturating_sub(line.chars().count() + 1);
        if let Some(text) = self.in_line(value, level, room) {
            let _ = writeln!(self.out, " {text}");
            return;
        }
        match value {
            Value::Object(map) => {
                self.out.push('\n');
                for (key, value) in map {
                    self.entry(key, value, indent + 2, level.below());
                }
            }
            Value::Array(list) => {
                self.out.push('\n');
                for value in list {
                    self.element(value, indent + 2);
                }
            }
            Value::String(text) => self.block(text, indent),
            other => {
                let _ = writeln!(self.out, " {other}");
            }
        }
    }

    fn element(&mut self, value: &Value, indent: usize) {
        let pad = " ".repeat(indent);
        match value {
            // The first entry stands behind the dash.
            Value::Object(map) if flow(value, WIDTH.saturating_sub(indent + 2)).is_none() => {
                let start = self.out.len();
                for (key, value) in map {
                    self.entry(key, value, indent + 2, Level::Property);
                }
                self.out
                    .replace_range(start..start + indent + 2, &format!("{pad}- "));
            }
            value => {
                let _ = write!(self.out, "{pad}-");
                self.value(value, indent, Level::Item);
            }
        }
    }

    /// The value on one line, where it may and does fit there.
    fn in_line(&self, value: &Value, level: Level, room: usize) -> Option<String> {
        match value {
            Value::Object(map) if map.is_empty() => Some("{}".to_owned()),
            Value::Array(list) if list.is_empty() => Some("[]".to_owned()),
            Value::Object(_) if level != Level::Item => None,
            Value::Object(_) | Value::Array(_) => flow(value, room),
            Value::String(text) if is_block(text) => None,
            Value::String(text) => Some(scalar(text, false)),
            other => Some(other.to_string()),
        }
    }

    /// A literal block scalar.
    fn block(&mut self, text: &str, indent: usize) {
        let body = text.trim_end_matches('\n');
        let ends = text.len() - body.len();
        let chomping = match ends {
            0 => "-",
            1 => "",
            _ => "+",
        };
        // The first line says how far a block is indented, unless a number does.
        let first = body.split('\n').find(|line| !line.is_empty());
        let leads = first.is_none_or(|line| line.starts_with(' '));
        let _ = writeln!(self.out, " |{}{chomping}", if leads { "2" } else { "" });
        for line in body.split('\n') {
            match line {
                "" => self.out.push('\n'),
                line => {
                    let _ = writeln!(self.out, "{}{line}", " ".repeat(indent + 2));
                }
            }
        }
        self.out.push_str(&"\n".repeat(ends.saturating_sub(1)));
    }
}

/// A list or a mapping on one line: where it holds nothing that needs several, and none but lists of texts below it.
fn flow(value: &Value, room: usize) -> Option<String> {
    let text = match value {
        Value::Array(list) => {
            let parts: Option<Vec<String>> = list.iter().map(flow_part).collect();
            format!("[{}]", parts?.join(", "))
        }
        Value::Object(map) => flow_map(map)?,
        _ => return None,
    };
    (text.chars().count() <= room).then_some(text)
}

fn flow_map(map: &Map<String, Value>) -> Option<String> {
    if map.len() > MOST_IN_LINE {
        return None;
    }
    let mut parts = Vec::new();
    for (key, value) in map {
        // Text that has to be quoted for the sake of this line alone reads better on a line of its own.
        let only_here = |text: &str| scalar(text, true) != scalar(text, false);
        if only_here(key)
            || key.chars().count() > LONGEST_KEY
            || value.as_str().is_some_and(only_here)
        {
            return None;
        }
        let value = match value {
            Value::Array(_) => flow(value, WIDTH)?,
            value => flow_part(value)?,
        };
        parts.push(format!("{}: {value}", scalar(key, true)));
    }
    Some(format!("{{{}}}", parts.join(", ")))
}

fn flow_part(value: &Value) -> Option<String> {
    match value {
        Value::Array(list) if list.is_empty() => Some("[]".to_owned()),
        Value::Object(map) if map.is_empty() => Some("{}".to_owned()),
        Value::Array(_) | Value::Object(_) => None,
        Value::String(text) if is_block(text) => None,
        Value::String(text) => Some(scalar(text, true)),
        other => Some(other.to_string()),
    }
}

/// Whether text is written as a block: several lines, and nothing in them that a reader of YAML would change.
fn is_block(text: &str) -> bool {
    let mut lines = text.trim_end_matches('\n').split('\n');
    text.trim_end_matches('\n').contains('\n')
        && text.chars().all(|c| c == '\n' || is_printable(c))
        // Lines of nothing but spaces are taken for empty ones by some.
        && lines.all(|line| line.is_empty() || !line.trim().is_empty())
}

/// A text on one line; `in_flow` where it stands between braces or brackets.
fn scalar(text: &str, in_flow: bool) -> String {
    if is_plain(text, in_flow) {
        return text.to_owned();
    }
    let escaped = text.contains(['"', '\\']);
    if escaped && text.chars().all(is_printable) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Whether a character stands for itself, on one line and visibly so.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        // Marks that turn the direction of text make it read as something else.
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

fn is_plain(text: &str, in_flow: bool) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return false;
    };
    let special = "-?:,[]{}#&*!|>'\"%@`=<~";
    !special.contains(first)
        && !first.is_whitespace()
        && !last.is_whitespace()
        && last != ':'
        && text.chars().all(is_printable)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains("${")
        && !(in_flow && text.contains([',', '[', ']', '{', '}']))
        && !means_something_else(text)
}

/// Whether some reader takes the text for a number, a truth value, a date or nothing.
fn means_something_else(text: &str) -> bool {
    const WORDS: [&str; 13] = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "+.inf", ".nan", "nan",
    ];
    let lower = text.to_lowercase();
    let numeric = |c: char| c.is_ascii_hexdigit() || "xob_+-.:tz ".contains(c);
    WORDS.contains(&lower.as_str())
        || (lower.starts_with(|c: char| c.is_ascii_digit() || "+.".contains(c))
            && lower.chars().all(numeric))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(value: &Value, names: usize) -> String {
        let mut out = String::new();
        for (key, value) in value.as_object().unwrap() {
            entry(&mut out, key, value, Level::Names(names));
        }
        out
    }

    fn read(yaml: &str) -> Value {
        serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
    }

    #[test]
    fn it_reads_as_if_a_person_had_written_it() {
        let value = json!({
            "tables": {
                "orders": {
                    "rls": true,
                    "columns": {
                        "id": "uuid not null",
                        "total": "numeric(10,2) not null default 0",
                        "state": {"type": "text", "comment": "How far it is"},
                    },
                    "primary_key": ["id"],
                    "unique": [["a", "b"], ["c"]],
                    "checks": {"orders_total": "total > 0"},
                },
                "Odd: Name": {"rls": false},
            },
            "enums": {"state": ["on", "open", "1.0", "a, b"], "empty": []},
            "indexes": {
                "by_total": {"table": "orders", "columns": [{"column": "total", "order": "desc"}, "id"]},
                "by_state": {"table": "orders", "columns": ["state"], "where": "state = 'open'::text"},
                "by_two": {"table": "orders", "where": "a in (1, 2)"},
            },
            "functions": {
                "touch()": {"returns": "trigger", "body": "begin\n  return new;\nend"},
                "two()": {"body": "\n  begin\n", "settings": ["search_path=\"\""]},
            },
        });
        let yaml = written(&value, 0);
        insta::assert_snapshot!(yaml, @r#"
        tables:
          orders:
            rls: true
            columns:
              id: uuid not null
              total: numeric(10,2) not null default 0
              state: {type: text, comment: How far it is}
            primary_key: [id]
            unique:
              - [a, b]
              - [c]
            checks:
              orders_total: total > 0
          "Odd: Name": {rls: false}
        enums:
          state: ["on", open, "1.0", "a, b"]
          empty: []
        indexes:
          by_total:
            table: orders
            columns:
              - {column: total, order: desc}
              - id
          by_state: {table: orders, columns: [state], where: state = 'open'::text}
          by_two:
            table: orders
            where: a in (1, 2)
        functions:
          touch():
            returns: trigger
            body: |-
              begin
                return new;
              end
          two():
            body: |2

                begin
            settings: [search_path=""]
        "#);
        assert_eq!(read(&yaml), value);
    }

    #[test]
    fn names_of_tables_have_a_line_each_however_short() {
        let value = json!({"policies": {"t": {"p": {"command": "all"}}}});
        assert_eq!(
            written(&value, 1),
            "policies:\n  t:\n    p: {command: all}\n"
        );
        assert_eq!(
            written(&value, 0),
            "policies:\n  t:\n    p:\n      command: all\n"
        );
    }

    #[test]
    fn what_could_be_taken_for_something_else_is_quoted() {
        let words = [
            "",
            " ",
            "a ",
            " a",
            "on",
            "Yes",
            "NO",
            "off",
            "y",
            "n",
            "null",
            "Null",
            "~",
            "true",
            "1",
            "1.0",
            "-1",
            "+1",
            "1e3",
            "0x1f",
            "0o17",
            "1_000",
            "1:30",
            ".5",
            ".inf",
            "-.inf",
            ".NaN",
            "2026-11-21",
            "<<",
            "=",
            "---",
            "--- a",
            "...",
            "- a",
            "? a",
            ": a",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "'a'",
            "\"a\"",
            "[a]",
            "{a}",
            "a, b",
            "a\tb",
            "a\rb",
            "\u{85}",
            "\u{feff}a",
            "\u{2028}",
            "\u{202e}a",
            "\u{0}",
            "\u{7f}",
            "\u{1f600}",
            "é",
            "null ",
            "a\\b",
            "a'b",
            "it's: \"so\"",
            "drop table",
            "select",
            "a\u{a0}",
            "\u{3000}a",
            "x::text",
            "a::b",
            "http://a/b",
            "a#b",
            "a?",
            "-a",
            "?a",
            ":a",
        ];
        for word in words {
            for value in [
                json!({"k": {"i": word}}),
                json!({"k": {word: "v"}}),
                json!({"k": {"i": [word, word]}}),
                json!({"k": {"i": {word: word}}}),
                json!({"k": {"i": {"a": [word], word: true}}}),
                json!({"k": {"i": {"p": {word: {word: word}}}}}),
            ] {
                let yaml = written(&value, 0);
                assert_eq!(read(&yaml), value, "{yaml}");
            }
        }
        assert_eq!(scalar("it's \"so\"", false), "it's \"so\"");
        assert_eq!(scalar("\"a.b\"", false), "'\"a.b\"'");
    }

    #[test]
    fn a_key_of_any_length_is_a_key() {
        for length in [239, 241, 1023, 1024, 5000] {
            let value = json!({"k": {"x".repeat(length): {"a": 1}, "é".repeat(length): ["v"]}});
            let yaml = written(&value, 0);
            assert_eq!(read(&yaml), value, "{yaml}");
        }
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z_]{1,8}",
            "[ \n\t'\":#,\\[\\]{}a0.|>-]{0,12}",
            "[ \n]{0,3}[a-z]{1,3}[ \n]{0,3}[a-z #:]{0,3}[\n]{0,3}",
            any::<String>(),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            3 => text().prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => any::<i64>().prop_map(Value::from),
            1 => Just(Value::Null),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((text(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn whatever_is_written_reads_back_as_the_same(value in value(), names in 0..3_usize) {
            let value = json!({"section": value});
            let yaml = written(&value, names);
            let back: Result<Value, _> = serde_saphyr::from_str(&yaml);
            prop_assert_eq!(back.map_err(|e| e.to_string()), Ok(value), "{}", yaml);
        }
    }
}
