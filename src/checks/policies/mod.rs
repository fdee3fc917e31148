//! Row-level security policies: command, roles, expressions; that there are no others, and that they hold at all.

mod others;

use serde::Deserialize;

use crate::catalog::{Identity, Kinds, Policy, Selection, Table, Unread};
use crate::meaning::{self, Names, ObjectName};
use crate::source::{Entries, Located};

pub use others::Others;

use super::{Check, Code, Examiner, Expectation, Facts, Heading, Mentioned, Scope, Severity};

/// Finding codes of this kind.
pub const CODES: &[Code] = &[
    MISSING,
    COMMAND,
    MODE,
    ROLES,
    USING,
    CHECK,
    others::UNEXPECTED,
    others::WITHOUT_RLS,
];
const MISSING: Code = Code {
    name: "policy-missing",
    meaning: "an expected policy is not there",
};
const COMMAND: Code = Code {
    name: "policy-command",
    meaning: "a policy is for another command",
};
const MODE: Code = Code {
    name: "policy-mode",
    meaning: "a policy is permissive where it should be restrictive, or the reverse",
};
const ROLES: Code = Code {
    name: "policy-roles",
    meaning: "a policy holds for other roles",
};
const USING: Code = Code {
    name: "policy-using",
    meaning: "a policy has another USING expression",
};
const CHECK: Code = Code {
    name: "policy-check",
    meaning: "a policy has another WITH CHECK expression",
};

const HEADING: Heading = Heading {
    icon: "🔒 ",
    title: "RLS Policies",
    noun: "policy",
};

/// `policies:` by table, then by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    title: Option<String>,
    #[serde(default)]
    others: Option<Others>,
    items: Entries<Entries<PolicyExpectation>>,
}

/// The command that a policy is for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// FOR ALL.
    All,
    /// FOR SELECT.
    Select,
    /// FOR INSERT.
    Insert,
    /// FOR UPDATE.
    Update,
    /// FOR DELETE.
    Delete,
}

impl Command {
    fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// What is expected of a policy. Left out, `using` and `check` are expected not to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyExpectation {
    /// FOR.
    pub command: Command,
    /// TO; `public` for all.
    #[serde(default = "public")]
    pub roles: Vec<String>,
    /// USING.
    #[serde(default)]
    pub using: Option<String>,
    /// WITH CHECK.
    #[serde(default)]
    pub check: Option<String>,
    /// AS RESTRICTIVE.
    #[serde(default)]
    pub restrictive: bool,
    /// What to do where it is not so.
    #[serde(default)]
    pub help: Option<String>,
    /// What a mismatch counts as.
    #[serde(default)]
    pub severity: Severity,
}

fn public() -> Vec<String> {
    vec!["public".to_owned()]
}

struct OnTable {
    table: String,
    name: Located<String>,
    item: PolicyExpectation,
}

impl Section {
    pub(super) fn mention(&self, schema: &str, mentioned: &mut Mentioned) {
        for (key, policies) in &self.items.0 {
            let table = ObjectName::parse(&key.value);
            for (name, _) in &policies.0 {
                mentioned.policies.insert((
                    table.schema_or(schema).to_owned(),
                    table.name.clone(),
                    name.value.clone(),
                ));
            }
        }
    }

    pub(super) fn expand(self, scope: &Scope<'_>, out: &mut Vec<Expectation>) {
        // What has to be there before a suite is set up is not the suite's to list in full.
        let others = self.others.unwrap_or(match scope.required {
            true => Others::Allowed,
            false => Others::Refused,
        });
        let together = others::expand(&self.items, others, scope);
        let summary = self.title.unwrap_or_else(|| "RLS policies".to_owned());
        for (key, policies) in self.items.0 {
            let table = ObjectName::parse(&key.value);
            for (name, mut item) in policies.0 {
                out.push(Expectation {
                    subject: Identity::new(
                        "policy",
                        table.schema_or(scope.schema),
                        format!("\"{}\" on {}", name.value, table.name),
                    ),
                    label: format!("{} policy on {table} exists", name.value),
                    origin: scope.origin(&name),
                    heading: HEADING,
                    summary: Some(summary.clone()),
                    required: scope.required,
                    quiet: false,
                    help: item.help.take(),
                    severity: item.severity,
                    check: Box::new(OnTable {
                        table: table.name.clone(),
                        name,
                        item,
                    }),
                });
            }
        }
        out.extend(together);
    }
}

impl Check for OnTable {
    fn needs(&self) -> Selection {
        Selection::of(Kinds::of::<Policy>().and::<Table>().with(Names::NEEDS))
    }

    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) -> Result<(), Unread> {
        let schema = &examiner.subject().schema;
        let policy =
            facts.catalog.policies.known()?.iter().find(|p| {
                p.schema == *schema && p.table == self.table && p.name == self.name.value
            });
        let Some(policy) = policy else {
            if facts.catalog.table(schema, &self.table)?.is_none() {
                examiner.skip(format!("its table {} is not there", self.table));
            } else {
                examiner.presence(&MISSING, false, "no policy of this name on the table");
            }
            return Ok(());
        };
        let item = &self.item;
        examiner.presence(&MISSING, true, "");
        let command = policy.command.to_string();
        examiner.property(
            &COMMAND,
            "command",
            item.command.word() == command,
            item.command.word(),
            command.clone(),
        );
        examiner.property(
            &MODE,
            "mode",
            item.restrictive != policy.permissive,
            mode(!item.restrictive),
            mode(policy.permissive),
        );
        let mut roles = item.roles.clone();
        roles.sort();
        examiner.property(
            &ROLES,
            "roles",
            roles == policy.roles,
            roles.join(", "),
            policy.roles.join(", "),
        );
        let names = Names::of_table(facts.catalog, schema, &self.table)?;
        for (code, property, expected, found) in [
            (&USING, "using", &item.using, &policy.using),
            (&CHECK, "check", &item.check, &policy.check),
        ] {
            examiner.property(
                code,
                property,
                meaning::same_optional_expression(expected.as_deref(), found.as_deref(), &names),
                shown(expected),
                shown(found),
            );
        }
        Ok(())
    }
}

fn mode(permissive: bool) -> &'static str {
    if permissive {
        "permissive"
    } else {
        "restrictive"
    }
}

fn shown(expression: &Option<String>) -> String {
    expression.clone().unwrap_or_else(|| "none".to_owned())
}
