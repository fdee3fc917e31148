//! Which objects a CREATE, ALTER or DROP statement names.

use std::iter::Peekable;

use super::statement::Statement;
use super::token::{Token, TokenKind, Tokens};

/// What a statement does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `CREATE`
    Create,
    /// `ALTER`
    Alter,
    /// `DROP`
    Drop,
}

/// The kind of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A table, partitioned ones and the targets of CREATE TABLE AS too.
    Table,
    /// A foreign table.
    ForeignTable,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A type: composite, enum, range or base.
    Type,
    /// A domain.
    Domain,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// `ROUTINE`: a function or procedure, as DROP and ALTER may say.
    Routine,
    /// An aggregate.
    Aggregate,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// A role; `USER` and `GROUP` too.
    Role,
    /// A trigger.
    Trigger {
        /// Its table, with its schema where one was written.
        table: QualifiedName,
    },
    /// A row-level-security policy.
    Policy {
        /// Its table.
        table: QualifiedName,
    },
    /// A rewrite rule.
    Rule {
        /// Its table.
        table: QualifiedName,
    },
    /// An event trigger.
    EventTrigger,
    /// A publication.
    Publication,
    /// A subscription.
    Subscription,
    /// A foreign server.
    Server,
    /// A foreign-data wrapper.
    ForeignDataWrapper,
    /// A database.
    Database,
    /// Any other kind, in the statement's own words (`TEXT SEARCH CONFIGURATION`).
    Other(String),
}

/// A name, with its schema where one was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QualifiedName {
    /// The schema as written.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

/// An object that a statement names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamedObject {
    /// What the statement does with it.
    pub action: Action,
    /// What it is.
    pub kind: ObjectKind,
    /// The schema, where the statement says one; the search path decides otherwise.
    pub schema: Option<String>,
    /// The name as the server folds it.
    pub name: String,
    /// `IF NOT EXISTS`, `IF EXISTS`, or `OR REPLACE` was written: the statement bears a different start.
    pub lenient: bool,
    /// A temporary object, which no later session sees.
    pub temporary: bool,
}

/// An unquoted identifier as the server takes it: ASCII letters in lower case, at most 63 bytes.
pub fn fold_ident(name: &str) -> String {
    truncated(name.to_ascii_lowercase())
}

/// Names longer than 63 bytes are cut (NAMEDATALEN), at a character's edge.
fn truncated(mut name: String) -> String {
    if name.len() > 63 {
        let mut end = 63;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
    name
}

impl Token<'_> {
    /// The identifier as the server takes it; none where the token is none.
    pub fn identifier(&self) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(fold_ident(self.text)),
            TokenKind::QuotedIdent => {
                let unicode = self.text.starts_with(['u', 'U']);
                let start = self.text.find('"')? + 1;
                let inner = self
                    .text
                    .get(start..self.text.len() - 1)?
                    .replace("\"\"", "\"");
                Some(truncated(if unicode { unescaped(&inner) } else { inner }))
            }
            _ => None,
        }
    }
}

/// `\0061`, `\+000061` and `\\` of a `U&"…"` name. Another escape character than `\` is not looked at.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (skip, digits) = if rest.starts_with('+') {
            (1, 6)
        } else {
            (0, 4)
        };
        let code = rest
            .get(skip..skip + digits)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if let Some(character) = code.and_then(char::from_u32) {
            out.push(character);
            rest = &rest[skip + digits..];
        } else {
            out.push('\\');
            rest = rest.strip_prefix('\\').unwrap_or(rest);
        }
    }
    out + rest
}

/// The objects that a CREATE, ALTER or DROP statement names; none for other statements.
///
/// Looks at the statement's own target only: not at what a DO block runs, nor at the elements of CREATE SCHEMA. An
/// index without a name is passed over, since the server names it.
pub fn named_objects(statement: &Statement) -> Vec<NamedObject> {
    let mut cursor = Cursor {
        tokens: statement.tokens().peekable(),
    };
    let action = match () {
        () if cursor.take("create") => Action::Create,
        () if cursor.take("alter") => Action::Alter,
        () if cursor.take("drop") => Action::Drop,
        () => return Vec::new(),
    };
    read(&mut cursor, action).unwrap_or_default()
}

struct Cursor<'a> {
    tokens: Peekable<Tokens<'a>>,
}

impl Cursor<'_> {
    fn take(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| token.is_word(word)).is_some()
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        self.tokens
            .next_if(|token| token.is_symbol(symbol))
            .is_some()
    }

    fn at(&mut self, word: &str) -> bool {
        self.tokens.peek().is_some_and(|token| token.is_word(word))
    }

    fn ident(&mut self) -> Option<String> {
        self.tokens.next()?.identifier()
    }

    /// `name`, `schema.name` or `database.schema.name`.
    fn name(&mut self) -> Option<QualifiedName> {
        let mut schema = None;
        let mut name = self.ident()?;
        while self.symbol(".") {
            schema = Some(std::mem::replace(&mut name, self.ident()?));
        }
        Some(QualifiedName { schema, name })
    }

    /// Passes over a group in parentheses, if one is next.
    fn group(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.peek() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 {
                return;
            }
            let last = depth == 0;
            self.tokens.next();
            if last {
                return;
            }
        }
    }

    /// Goes on to behind the next `word` outside parentheses.
    fn behind(&mut self, word: &str) -> Option<()> {
        loop {
            if self.take(word) {
                return Some(());
            }
            if self.tokens.peek()?.is_symbol("(") {
                self.group();
            } else {
                self.tokens.next();
            }
        }
    }
}

fn read(cursor: &mut Cursor<'_>, action: Action) -> Option<Vec<NamedObject>> {
    let mut lenient = false;
    let mut temporary = false;
    if action == Action::Create {
        loop {
            if cursor.take("or") {
                lenient |= cursor.take("replace");
            } else if cursor.take("temp") || cursor.take("temporary") {
                temporary = true;
            } else if ![
                "global",
                "local",
                "unlogged",
                "recursive",
                "unique",
                "trusted",
                "procedural",
                "constraint",
            ]
            .iter()
            .any(|word| cursor.take(word))
            {
                break;
            }
        }
    }
    let kind = kind(cursor)?;
    cursor.take("concurrently");
    if cursor.at("if") {
        cursor.take("if");
        cursor.take("not");
        lenient |= cursor.take("exists");
    }
    cursor.take("only");
    match kind {
        KindWord::Table(on) => {
            let name = cursor.ident()?;
            if on == On::Rule && action == Action::Create {
                cursor.behind("to")?;
            } else {
                cursor.behind("on")?;
            }
            cursor.take("only");
            let table = cursor.name()?;
            let kind = match on {
                On::Trigger => ObjectKind::Trigger { table },
                On::Policy => ObjectKind::Policy { table },
                On::Rule => ObjectKind::Rule { table },
            };
            Some(vec![NamedObject {
                action,
                kind,
                schema: None,
                name,
                lenient,
                temporary,
            }])
        }
        KindWord::Plain(kind) => {
            if action == Action::Create && kind == ObjectKind::Index && cursor.at("on") {
                return None;
            }
            if kind == ObjectKind::Schema && cursor.take("authorization") {
                // Without a name of its own the schema is named after the role.
            }
            if kind == ObjectKind::Other("CAST".to_owned())
                || kind == ObjectKind::Other("DEFAULT PRIVILEGES".to_owned())
            {
                return None;
            }
            let mut found = Vec::new();
            loop {
                let QualifiedName { schema, name } = cursor.name()?;
                found.push(NamedObject {
                    action,
                    kind: kind.clone(),
                    schema,
                    name,
                    lenient,
                    temporary,
                });
                cursor.group();
                if action != Action::Drop || !cursor.symbol(",") {
                    return Some(found);
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Trigger,
    Policy,
    Rule,
}

enum KindWord {
    /// An object that belongs to a table.
    Table(On),
    Plain(ObjectKind),
}

fn kind(cursor: &mut Cursor<'_>) -> Option<KindWord> {
    let first = cursor
        .tokens
        .next_if(|token| token.kind == TokenKind::Word)?;
    let first = first.text.to_ascii_uppercase();
    let mut rest = |words: &[&str]| words.iter().all(|word| cursor.take(word));
    let plain = match first.as_str() {
        "TRIGGER" => return Some(KindWord::Table(On::Trigger)),
        "POLICY" => return Some(KindWord::Table(On::Policy)),
        "RULE" => return Some(KindWord::Table(On::Rule)),
        "TABLE" => ObjectKind::Table,
        "VIEW" => ObjectKind::View,
        "MATERIALIZED" if rest(&["view"]) => ObjectKind::MaterializedView,
        "FOREIGN" if rest(&["table"]) => ObjectKind::ForeignTable,
        "FOREIGN" if rest(&["data", "wrapper"]) => ObjectKind::ForeignDataWrapper,
        "TYPE" => ObjectKind::Type,
        "DOMAIN" => ObjectKind::Domain,
        "FUNCTION" => ObjectKind::Function,
        "PROCEDURE" => ObjectKind::Procedure,
        "ROUTINE" => ObjectKind::Routine,
        "AGGREGATE" => ObjectKind::Aggregate,
        "INDEX" => ObjectKind::Index,
        "SEQUENCE" => ObjectKind::Sequence,
        "SCHEMA" => ObjectKind::Schema,
        "EXTENSION" => ObjectKind::Extension,
        "ROLE" | "USER" | "GROUP" => {
            if first == "USER" && rest(&["mapping"]) {
                // A mapping has no name of its own.
                return None;
            }
            ObjectKind::Role
        }
        "EVENT" if rest(&["trigger"]) => ObjectKind::EventTrigger,
        "PUBLICATION" => ObjectKind::Publication,
        "SUBSCRIPTION" => ObjectKind::Subscription,
        "SERVER" => ObjectKind::Server,
        "DATABASE" => ObjectKind::Database,
        "TEXT" if rest(&["search"]) => {
            let part = cursor.tokens.next()?.text.to_ascii_uppercase();
            ObjectKind::Other(format!("TEXT SEARCH {part}"))
        }
        "ACCESS" if rest(&["method"]) => ObjectKind::Other("ACCESS METHOD".into()),
        "DEFAULT" if rest(&["privileges"]) => ObjectKind::Other("DEFAULT PRIVILEGES".into()),
        "DEFAULT" if rest(&["conversion"]) => ObjectKind::Other("CONVERSION".into()),
        "LARGE" | "OWNED" | "SYSTEM" | "OPERATOR" | "TRANSFORM" => return None,
        _ => ObjectKind::Other(first),
    };
    Some(KindWord::Plain(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::sql::statements;

    fn named(sql: &str) -> Vec<NamedObject> {
        let found = statements(&Source::new("a.sql", sql)).unwrap();
        found.iter().flat_map(named_objects).collect()
    }

    /// `action kind schema.name`, with `?` for lenient and `~` for temporary.
    fn brief(sql: &str) -> Vec<String> {
        named(sql)
            .into_iter()
            .map(|object| {
                let schema = object.schema.map(|schema| schema + ".").unwrap_or_default();
                let marks = [(object.lenient, "?"), (object.temporary, "~")];
                let marks: String = marks
                    .iter()
                    .filter(|mark| mark.0)
                    .map(|mark| mark.1)
                    .collect();
                let kind = match object.kind {
                    ObjectKind::Trigger { table }
                    | ObjectKind::Policy { table }
                    | ObjectKind::Rule { table } => {
                        format!("on {}", table.name)
                    }
                    kind => format!("{kind:?}"),
                };
                format!("{:?} {kind} {schema}{}{marks}", object.action, object.name)
            })
            .collect()
    }

    #[test]
    fn created_objects_are_named() {
        for (sql, wanted) in [
            ("CREATE TABLE Public.Foo (a int)", "Create Table public.foo"),
            (
                "create unlogged table if not exists \"Foo\" as select 1",
                "Create Table Foo?",
            ),
            ("create temp table x (a int)", "Create Table x~"),
            (
                "create or replace function f(a int) returns int as ''",
                "Create Function f?",
            ),
            (
                "create type public.\"E\" as enum ('a')",
                "Create Type public.E",
            ),
            (
                "create unique index concurrently if not exists i on t (a)",
                "Create Index i?",
            ),
            (
                "create policy \"a policy\" on public.t for select using (true)",
                "Create on t a policy",
            ),
            (
                "create or replace trigger g before update of a, b on s.t for each row",
                "Create on t g?",
            ),
            (
                "create constraint trigger g after insert on t execute function f()",
                "Create on t g",
            ),
            (
                "create rule r as on insert to t do nothing",
                "Create on t r",
            ),
            (
                "create materialized view v as select 1",
                "Create MaterializedView v",
            ),
            (
                "create or replace recursive view v (a) as select 1",
                "Create View v?",
            ),
            (
                "create schema if not exists authorization bob",
                "Create Schema bob?",
            ),
            ("create schema s", "Create Schema s"),
            (
                "create extension if not exists \"uuid-ossp\" with schema extensions",
                "Create Extension uuid-ossp?",
            ),
            ("create user bob", "Create Role bob"),
            (
                "create foreign table ft () server s",
                "Create ForeignTable ft",
            ),
            (
                "create event trigger e on ddl_command_end execute function f()",
                "Create EventTrigger e",
            ),
            (
                "create publication p for all tables",
                "Create Publication p",
            ),
            (
                "create text search configuration c (copy = x)",
                "Create Other(\"TEXT SEARCH CONFIGURATION\") c",
            ),
            (
                "create table U&\"d\\0061t\\+000061\" ()",
                "Create Table data",
            ),
        ] {
            assert_eq!(brief(sql), [wanted], "{sql}");
        }
    }

    #[test]
    fn dropped_and_altered_objects_are_named() {
        assert_eq!(
            brief("drop table if exists a, s.b cascade"),
            ["Drop Table a?", "Drop Table s.b?"]
        );
        assert_eq!(
            brief("drop function f(int, text), g() restrict"),
            ["Drop Function f", "Drop Function g"]
        );
        assert_eq!(brief("drop policy if exists p on t"), ["Drop on t p?"]);
        assert_eq!(brief("drop rule r on t"), ["Drop on t r"]);
        assert_eq!(
            brief("alter table if exists only s.t add column a int"),
            ["Alter Table s.t?"]
        );
        assert_eq!(
            brief("alter type e add value if not exists 'x'"),
            ["Alter Type e"]
        );
    }

    #[test]
    fn statements_without_a_name_name_nothing() {
        for sql in [
            "create index on t (a)",
            "alter default privileges grant select on tables to anon",
            "create user mapping for bob server s",
            "select 1",
            "do $$ begin create table t (); end $$",
            "drop owned by bob",
            "create cast (a as b) without function",
            "create",
            "drop table",
        ] {
            assert_eq!(brief(sql).len(), 0, "{sql}");
        }
    }

    #[test]
    fn names_are_cut_where_the_server_cuts_them() {
        assert_eq!(fold_ident(&"É".repeat(40)).len(), 62);
        assert_eq!(fold_ident("ABC"), "abc");
    }
}
