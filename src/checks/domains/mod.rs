//! Domains: the type beneath, and the rules that they add.

mod line;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::{Catalog, Domain, DomainCheck, Selection, Unread};
use crate::meaning::canon::Verdict;
use crate::meaning::{self, Names};
use crate::source::{Entries, Located, text_or_map};

use super::language::{Others, Part, Plain};
use super::line::{Sheet, place};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "domain": "domain", "domains";
    TYPE: "domain-type", "a domain is over another type";
    COLLATION: "domain-collation", "a domain sorts by another collation";
    NULLABILITY: "domain-nullability", "a domain allows nulls where it should not, or the reverse";
    DEFAULT: "domain-default", "a domain has another default";
    CHECKS: "domain-checks", "a domain lacks a check constraint, or has another";
    OWNER: "domain-owner", "a domain belongs to another role";
    COMMENT: "domain-comment", "a domain has another comment";
}

/// `domains:` by name.
pub type Section = Objects<DomainExpectation>;

/// What is expected of a domain. What is left out may be anything. The line of text reads like CREATE DOMAIN and means
/// what it would there.
#[derive(Clone, Debug, Default)]
pub struct DomainExpectation {
    long: Long,
    /// Checks that a line gives no name.
    unnamed: Vec<Located<String>>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Long {
    /// The type beneath, with its modifiers.
    r#type: Option<Located<String>>,
    /// The collation; `none` for the type's.
    collation: Option<Located<String>>,
    /// NOT NULL.
    not_null: Option<Located<bool>>,
    /// The default expression; `none` for none.
    default: Option<Located<String>>,
    /// Check constraints by name, in which the value is called VALUE.
    checks: Entries<Located<Check>, Plain>,
    /// Whether there may be other check constraints.
    other_checks: Option<Located<Others>>,
    /// The role that owns it.
    owner: Option<Located<String>>,
    /// `COMMENT ON DOMAIN`.
    comment: Option<Located<String>>,
}

/// What is expected of a check constraint: the expression.
#[derive(Clone, Debug)]
struct Check {
    expression: String,
    validated: bool,
    comment: Option<Located<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LongCheck {
    /// The expression.
    expression: String,
    /// False after NOT VALID.
    #[serde(default = "yes")]
    validated: bool,
    /// `COMMENT ON CONSTRAINT … ON DOMAIN`; an empty text for none.
    #[serde(default)]
    comment: Option<Located<String>>,
}

fn yes() -> bool {
    true
}

impl From<LongCheck> for Check {
    fn from(
        LongCheck {
            expression,
            validated,
            comment,
        }: LongCheck,
    ) -> Self {
        Self {
            expression,
            validated,
            comment,
        }
    }
}

text_or_map!(
    Check as "DomainCheck",
    LongCheck,
    "an expression, or a mapping with `expression`",
    |text: &str| -> Result<Check, String> {
        Ok(Check {
            expression: text.to_owned(),
            validated: true,
            comment: None,
        })
    }
);

impl From<Long> for DomainExpectation {
    fn from(long: Long) -> Self {
        Self {
            long,
            unnamed: Vec::new(),
        }
    }
}

text_or_map!(
    DomainExpectation as "Domain",
    Long,
    "a domain as in CREATE DOMAIN (`text not null check (value <> '')`), or a mapping with `type`",
    line::line
);

impl Object for DomainExpectation {
    const HEADING: Heading = Heading {
        icon: "🎯 ",
        title: "Domains",
        noun: "domain",
    };
    const PRESENCE: Presence = PRESENCE;
    type Found = Domain;

    fn needs(&self) -> Selection {
        Selection::of(Names::NEEDS)
    }

    fn compare(
        &self,
        domain: &Domain,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let wanted = &self.long;
        let schema = domain.schema.as_str();
        examiner.optional_type(&TYPE, "type", &wanted.r#type, &domain.r#type, schema);
        let collation = domain.collation.as_deref();
        examiner.name(
            &COLLATION,
            "collation",
            &wanted.collation,
            collation,
            &domain.schema,
        );
        if let Some(not_null) = &wanted.not_null {
            let words = ["not null", "nulls allowed"];
            examiner.either(
                &NULLABILITY,
                "nullability",
                not_null,
                domain.not_null,
                words,
            );
        }
        let names = Names::of_table(facts.catalog, &domain.schema, "")?;
        let giving = names.giving(&domain.r#type);
        let default = domain.default.as_deref();
        examiner.optional_default(&DEFAULT, "default", &wanted.default, default, &giving);
        self.checks(domain, &names.of_value(&domain.r#type), examiner);
        examiner.optional(&OWNER, "owner", &wanted.owner, &domain.owner);
        let comment = domain.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &wanted.comment, comment);
        Ok(())
    }

    fn like(domain: &Domain) -> String {
        domain.r#type.clone()
    }

    fn written(domain: &Domain, _: &Catalog) -> Option<Value> {
        let checks: Map<String, Value> = domain
            .checks
            .iter()
            .map(|check| {
                let sheet = Sheet::default().with("expression", check.expression.as_str());
                let sheet = match check.validated {
                    true => sheet,
                    false => sheet.with("validated", false),
                };
                let value = sheet.comment(check.comment.as_deref());
                (Part::written(&check.name), value.unwrap_or_default())
            })
            .collect();
        Sheet::default()
            .with("type", domain.r#type.as_str())
            .or_none("collation", domain.collation.as_deref())
            .with("not_null", domain.not_null)
            .or_none("default", domain.default.as_deref())
            .with("checks", checks)
            .with("other_checks", "refused")
            .with("owner", domain.owner.as_str())
            .comment(domain.comment.as_deref())
    }

    fn written_at(&mut self, span: Range<usize>) {
        let long = &mut self.long;
        for text in [&mut long.r#type, &mut long.collation, &mut long.default] {
            place(text, &span);
        }
        place(&mut long.not_null, &span);
        place(&mut long.other_checks, &span);
        for check in &mut self.unnamed {
            check.span = span.clone();
        }
    }
}

impl DomainExpectation {
    fn checks(&self, domain: &Domain, names: &Names<'_>, examiner: &mut Examiner<'_>) {
        let mut left: Vec<&DomainCheck> = domain.checks.iter().collect();
        for (name, check) in &self.long.checks.0 {
            let place = left.iter().position(|found| found.name == *name.value);
            let found = place.map(|at| left.remove(at));
            let Check {
                expression,
                validated,
                comment,
            } = &check.value;
            if let Some(found) = found {
                let found = found.comment.as_deref();
                examiner.optional_text(&CHECKS, "check comment", comment, found);
            }
            let same = found.map_or(Verdict::Different, |found| {
                let texts = (Some(expression.as_str()), Some(found.expression.as_str()));
                let same = examiner.judge().expression(texts.0, texts.1, names);
                same.and((*validated == found.validated).into())
            });
            let shown = format!("{} {}", &*name.value, words(expression, *validated));
            let found = found.map_or_else(|| "no check of this name".to_owned(), of_check);
            examiner.property(&CHECKS, "check", check, same, shown, found);
        }
        let met = self.met(&mut left, names, examiner);
        for (check, same) in self.unnamed.iter().zip(met) {
            let found: Vec<String> = domain.checks.iter().map(of_check).collect();
            let found = if found.is_empty() {
                "none".to_owned()
            } else {
                found.join(", ")
            };
            examiner.property(&CHECKS, "check", check, same, &check.value, found);
        }
        if let Some(others) = &self.long.other_checks
            && others.value == Others::Refused
        {
            let found: Vec<String> = left.iter().map(|check| of_check(check)).collect();
            let same = found.is_empty();
            examiner.property(
                &CHECKS,
                "other checks",
                others,
                same,
                "none",
                found.join(", "),
            );
        }
    }

    /// Whether there is a check for each of those without a name, and takes it away from those that are left.
    fn met(
        &self,
        left: &mut Vec<&DomainCheck>,
        names: &Names<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Vec<Verdict> {
        // All of those that the text tells come first, so that what is asked is the same before and after the answers.
        let told: Vec<bool> = self
            .unnamed
            .iter()
            .map(|check| {
                let place = left.iter().position(|found| {
                    found.validated
                        && meaning::same_expression(&check.value, &found.expression, names)
                });
                place.map(|at| left.remove(at)).is_some()
            })
            .collect();
        let asked = self.unnamed.iter().zip(told).map(|(check, told)| {
            if told {
                return Verdict::Same;
            }
            let (mut verdict, mut place) = (Verdict::Different, None);
            for (at, found) in left.iter().enumerate().filter(|(_, found)| found.validated) {
                let texts = (Some(check.value.as_str()), Some(found.expression.as_str()));
                match examiner.judge().expression(texts.0, texts.1, names) {
                    Verdict::Same => {
                        (verdict, place) = (Verdict::Same, Some(at));
                        break;
                    }
                    Verdict::Different => {}
                    undecided @ Verdict::Undecided(_) => verdict = undecided,
                }
            }
            if let Some(at) = place {
                left.remove(at);
            }
            verdict
        });
        asked.collect()
    }
}

fn words(expression: &str, validated: bool) -> String {
    match validated {
        true => expression.to_owned(),
        false => format!("{expression} not valid"),
    }
}

fn of_check(check: &DomainCheck) -> String {
    format!(
        "{} {}",
        check.name,
        words(&check.expression, check.validated)
    )
}
