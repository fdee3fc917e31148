//! Rules: the event, the condition, and what is done instead or also.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Rule, Selection, Unread, View};
use crate::meaning::canon::Verdict;
use crate::meaning::{Names, Token, tokens};
use crate::source::{Located, text_or_map};

use super::firing::Enabled;
use super::line::{Sheet, clauses, said, split_at};
use super::{Child, Examiner, Facts, Heading, OfTables, Presence, codes};

codes! {
    of "rule": "rule", "rules";
    EVENT: "rule-event", "a rule is for another event";
    INSTEAD: "rule-instead", "a rule does something besides the statement where it should instead of it, or the reverse";
    CONDITION: "rule-where", "a rule has another condition";
    ACTION: "rule-action", "a rule does something else";
    ENABLED: "rule-enabled", "a rule is disabled where it should be enabled, or the reverse";
    COMMENT: "rule-comment", "a rule has another comment";
}

/// `rules:` by table, then by name.
pub type Section = OfTables<RuleExpectation>;

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// ON SELECT.
    Select,
    /// ON INSERT.
    Insert,
    /// ON UPDATE.
    Update,
    /// ON DELETE.
    Delete,
}

impl Event {
    fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let all = [Self::Select, Self::Insert, Self::Update, Self::Delete];
        all.into_iter()
            .find(|event| word.eq_ignore_ascii_case(event.word()))
    }
}

/// What is expected of a rule. The line of text reads like CREATE RULE (`on delete do instead nothing`). What the long
/// form leaves out may be anything, but a rule is expected to be enabled.
#[derive(Clone, Debug)]
pub struct RuleExpectation(Long);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// What it is for.
    event: Option<Located<Event>>,
    /// The condition; `none` for none.
    r#where: Option<Located<String>>,
    /// INSTEAD, else ALSO.
    instead: Option<Located<bool>>,
    /// What is done: `nothing`, or one or several statements.
    r#do: Option<Located<String>>,
    /// Whether it is applied.
    enabled: Located<Enabled>,
    /// `COMMENT ON RULE`.
    comment: Option<Located<String>>,
}

impl From<Long> for RuleExpectation {
    fn from(long: Long) -> Self {
        Self(long)
    }
}

text_or_map!(
    RuleExpectation as "Rule",
    Long,
    "a rule as in CREATE RULE (`on delete do instead nothing`), or a mapping with `event`, …",
    line
);

/// Reads what follows CREATE RULE … AS, without the table.
fn line(text: &str) -> Result<RuleExpectation, String> {
    let unknown = || {
        format!(
            "`{text}` is no rule as in CREATE RULE: `on delete where old.fixed do instead nothing`"
        )
    };
    let [on, r#where, r#do] = pieces(text).ok_or_else(unknown)?;
    let (instead, action) = also_or_instead(r#do);
    let event = Event::parse(on).ok_or_else(unknown)?;
    if action.is_empty() {
        return Err(unknown());
    }
    Ok(RuleExpectation(Long {
        event: said(event),
        r#where: said(if r#where.is_empty() { "none" } else { r#where }.to_owned()),
        instead: said(instead),
        r#do: said(action.to_owned()),
        ..Long::default()
    }))
}

/// What stands behind ON, WHERE and DO. The statements of a rule have words like these of their own.
fn pieces(text: &str) -> Option<[&str; 3]> {
    let (head, r#do) = split_at(text, "do")?;
    match clauses(head, &["on", "where"]).1.as_slice() {
        [("on", on)] => Some([on, "", r#do]),
        [("on", on), ("where", condition)] => Some([on, condition, r#do]),
        _ => None,
    }
}

fn also_or_instead(text: &str) -> (bool, &str) {
    match tokens(text).first() {
        Some(first) if first.is("instead") || first.is("also") => {
            (first.is("instead"), text[first.end..].trim())
        }
        _ => (false, text.trim()),
    }
}

/// The condition and the action of a rule as the server prints it.
fn printed(rule: &Rule) -> (Option<&str>, &str) {
    let text = rule.definition.as_str();
    // Before ON stands the name, which may be any.
    let tokens = tokens(text);
    let start = tokens
        .iter()
        .position(|token| token.is("as"))
        .map_or(0, |at| tokens[at].end);
    match pieces(&text[start..]) {
        None => (None, text),
        Some([_, condition, action]) => {
            let (_, action) = also_or_instead(action);
            (Some(condition).filter(|c| !c.is_empty()), action)
        }
    }
}

/// Whether two actions differ in what says nothing: white space, the parentheses around several statements, and what
/// ends them. The server is not asked: to read a statement that writes, it takes the lock of one that does.
fn same_action(a: &str, b: &str) -> Verdict {
    let texts = |text| -> Vec<String> {
        let mut tokens: &[Token] = &tokens(text);
        loop {
            tokens = match tokens {
                [rest @ .., last] if last.is(";") => rest,
                [first, rest @ .., last] if first.is("(") && last.is(")") => rest,
                _ => return tokens.iter().map(|token| token.text.clone()).collect(),
            };
        }
    };
    let (a, b) = (texts(a), texts(b));
    if a == b {
        return Verdict::Same;
    }
    // NOTHING and NOTIFY have no other words.
    let plain = |texts: &[String]| {
        matches!(
            texts.first().map(String::as_str),
            Some("nothing" | "notify") | None
        )
    };
    if plain(&a) || plain(&b) {
        return Verdict::Different;
    }
    let reason = "the server locks what a rule writes to when it reads its action";
    Verdict::Undecided(reason.to_owned())
}

impl Child for RuleExpectation {
    const HEADING: Heading = Heading {
        icon: "📜 ",
        title: "Rules",
        noun: "rule",
    };
    const PRESENCE: Presence = PRESENCE;
    const SUMMARY: &'static str = "Rules";
    type Found = Rule;

    fn needs(&self) -> Selection {
        Selection::of(Names::NEEDS.and::<View>())
    }

    fn place(rule: &Rule) -> [&str; 3] {
        [&rule.schema, &rule.table, &rule.name]
    }

    fn compare(
        &self,
        rule: &Rule,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = &self.0;
        if let Some(event) = &wanted.event {
            let (word, found) = (event.value.word(), rule.event.as_str());
            examiner.property(&EVENT, "event", event, word == found, word, found);
        }
        let (condition, action) = printed(rule);
        if let Some(expected) = &wanted.r#where {
            let expected = Some(expected.clone()).filter(|text| text.value != "none");
            let names = Names::of_table(facts.catalog, &rule.schema, &rule.table)?.in_trigger();
            examiner.expression(&CONDITION, "condition", &expected, condition, &names);
        }
        if let Some(instead) = &wanted.instead {
            examiner.either(&INSTEAD, "mode", instead, rule.instead, ["instead", "also"]);
        }
        if let Some(expected) = &wanted.r#do {
            let same = same_action(&expected.value, action);
            let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let words = (
                one_line(&expected.value),
                one_line(action.trim_end_matches(';')),
            );
            examiner.property(&ACTION, "action", expected, same, words.0, words.1);
        }
        let state = wanted.enabled.value;
        let (same, found) = (state.is(&rule.enabled), rule.enabled.to_string());
        examiner.property(
            &ENABLED,
            "state",
            &wanted.enabled,
            same,
            state.words(),
            found,
        );
        let comment = rule.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &wanted.comment, comment);
        Ok(())
    }

    fn written(rule: &Rule, _: &Catalog) -> Option<Value> {
        let (condition, action) = printed(rule);
        let sheet = Sheet::default()
            .with("event", rule.event.as_str())
            .or_none("where", condition)
            .with("instead", rule.instead)
            .with("do", action.trim_end_matches(';').trim());
        let sheet = match Enabled::written(&rule.enabled) {
            Some(state) => sheet.with("enabled", state),
            None => sheet,
        };
        sheet.comment(rule.comment.as_deref())
    }

    fn like(rule: &Rule) -> String {
        let instead = if rule.instead { "instead" } else { "also" };
        format!("on {} do {instead} …", rule.event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_what_create_rule_means() {
        let RuleExpectation(long) = line("ON delete where old.id = 0 DO INSTEAD NOTHING").unwrap();
        assert_eq!(long.event.unwrap().value, Event::Delete);
        assert_eq!(long.r#where.unwrap().value, "old.id = 0");
        assert!(long.instead.unwrap().value);
        assert_eq!(long.r#do.unwrap().value, "NOTHING");
        let RuleExpectation(long) =
            line("on insert do insert into log select 1 from a where b on conflict do nothing")
                .unwrap();
        assert!(!long.instead.unwrap().value);
        assert_eq!(long.r#where.unwrap().value, "none");
        assert!(
            long.r#do
                .unwrap()
                .value
                .ends_with("where b on conflict do nothing")
        );
        for wrong in [
            "",
            "on delete",
            "on truncate do nothing",
            "do nothing",
            "on delete do instead",
        ] {
            assert!(line(wrong).is_err(), "{wrong}");
        }
        let several = "( DELETE FROM a;\n SELECT 1;\n);";
        let same = same_action("(delete from a; select 1)", several);
        assert_eq!(same, Verdict::Same);
        for (a, b, decided) in [
            ("delete from a", "DELETE FROM public.a", false),
            ("delete from a", "nothing", true),
            ("notify a", "NOTIFY b", true),
            ("(notify a; delete from a)", "notify a", true),
        ] {
            let verdict = same_action(a, b);
            assert_ne!(verdict, Verdict::Same, "{a} {b}");
            assert_eq!(verdict == Verdict::Different, decided, "{a} {b}");
        }
    }
}
