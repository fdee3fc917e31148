//! Row-level security policies: command, roles, expressions; that there are no others, and that they hold at all.

mod others;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Policy, Selection, Unread};
use crate::error::Error;
use crate::meaning::Names;
use crate::source::Located;

use super::language::{Form, Others, Rest, refuses};
use super::{
    Child, Choice, Draft, Examiner, Expand, Expectation, Facts, FileScope, Heading, Mentioned,
    OfTables, Presence, codes,
};

codes! {
    of "policy": "policy", "policies";
    COMMAND: "policy-command", "a policy is for another command";
    MODE: "policy-mode", "a policy is permissive where it should be restrictive, or the reverse";
    ROLES: "policy-roles", "a policy holds for other roles";
    USING: "policy-using", "a policy has another USING expression";
    CHECK: "policy-check", "a policy has another WITH CHECK expression";
    COMMENT: "policy-comment", "a policy has another comment";
    + others::WITHOUT_RLS;
}

/// `policies:` by table, then by name. Unlike other kinds, those of a table are all listed unless the section says
/// `others: allowed`: one policy too many opens a table to everybody.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(OfTables<PolicyExpectation>);

impl JsonSchema for Section {
    fn inline_schema() -> bool {
        OfTables::<PolicyExpectation>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        OfTables::<PolicyExpectation>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OfTables::<PolicyExpectation>::json_schema(generator)
    }
}

/// The command that a policy is for.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
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

/// What is expected of a policy. With a command it reads as CREATE POLICY: `roles` left out are `public`, and it is
/// permissive; where one of `using` and `check` is given, the other one left out is expected not to be, and where neither
/// is, they may be anything. Without a command, what is left out may be anything.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with `command`, …")]
pub struct PolicyExpectation {
    /// FOR.
    #[serde(default)]
    pub command: Option<Located<Command>>,
    /// TO; `public` for all.
    #[serde(default)]
    pub roles: Option<Located<Vec<String>>>,
    /// USING.
    #[serde(default)]
    pub using: Option<Located<String>>,
    /// WITH CHECK.
    #[serde(default)]
    pub check: Option<Located<String>>,
    /// AS RESTRICTIVE.
    #[serde(default)]
    pub restrictive: Option<Located<bool>>,
    /// `COMMENT ON POLICY`; an empty text for none.
    #[serde(default)]
    pub comment: Option<Located<String>>,
    /// Whether what is left out may be something.
    #[serde(default)]
    pub other_properties: Rest,
}

fn public() -> Located<Vec<String>> {
    Located::left_out(vec!["public".to_owned()])
}

impl Expand for Section {
    fn mention(&self, schema: &str, mentioned: &mut Mentioned) {
        self.0.mention(schema, mentioned);
    }

    fn expand(mut self, scope: &FileScope<'_>, out: &mut Vec<Expectation>) -> Result<(), Error> {
        // What has to be there before a suite is set up is not the suite's to list in full.
        let others = self.0.options.others.take().map(|others| others.value);
        let others = others.unwrap_or(match scope.required {
            true => Others::Allowed,
            false => Others::Refused,
        });
        let own = FileScope {
            schema: self.0.options.schema().unwrap_or(scope.schema),
            ..scope.clone()
        };
        let together = others::expand(&self.0.items, others, &own)?;
        self.0.expand(scope, out)?;
        out.extend(together);
        Ok(())
    }

    fn refused() -> Vec<&'static str> {
        OfTables::<PolicyExpectation>::refused()
    }

    fn draft(choice: &Choice<'_>) -> Draft {
        OfTables::<PolicyExpectation>::draft(choice)
    }
}

impl Child for PolicyExpectation {
    const HEADING: Heading = Heading {
        icon: "🔒 ",
        title: "RLS Policies",
        noun: "policy",
    };
    const PRESENCE: Presence = PRESENCE;
    const SUMMARY: &'static str = "RLS policies";
    type Found = Policy;

    fn needs(&self) -> Selection {
        Selection::of(Names::NEEDS)
    }

    fn place(policy: &Policy) -> [&str; 3] {
        [&policy.schema, &policy.table, &policy.name]
    }

    fn shown(name: &str) -> String {
        format!("\"{name}\"")
    }

    fn rest(&mut self) -> Option<&mut Rest> {
        Some(&mut self.other_properties)
    }

    fn compare(
        &self,
        policy: &Policy,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let refuses = refuses(&self.other_properties);
        let whole = self.command.is_some() || refuses;
        if let Some(command) = &self.command {
            let (wanted, found) = (command.value.word(), policy.command.to_string());
            let same = wanted == found;
            examiner.property(&COMMAND, "command", command, same, wanted, found);
        }
        let restrictive = self.restrictive.clone();
        if let Some(expected) = restrictive.or(whole.then(Located::default)) {
            let words = ["restrictive", "permissive"];
            examiner.either(&MODE, "mode", &expected, !policy.permissive, words);
        }
        if let Some(expected) = self.roles.clone().or(whole.then(public)) {
            let mut roles = expected.value.clone();
            roles.sort();
            let same = roles == policy.roles;
            let (roles, found) = (roles.join(", "), policy.roles.join(", "));
            examiner.property(&ROLES, "roles", &expected, same, roles, found);
        }
        let names = Names::of_table(facts.catalog, &policy.schema, &policy.table)?;
        let said = self.using.is_some() || self.check.is_some();
        for (code, property, expected, found) in [
            (&USING, "using", &self.using, &policy.using),
            (&CHECK, "check", &self.check, &policy.check),
        ] {
            if expected.is_some() || whole && (said || refuses) {
                examiner.expression(code, property, expected, found.as_deref(), &names);
            }
        }
        let comment = policy.comment.as_deref();
        examiner.comment(&COMMENT, &self.comment, &self.other_properties, comment);
        Ok(())
    }

    fn written(policy: &Policy, _catalog: &Catalog) -> Option<Value> {
        let form = Form::default()
            .with("command", policy.command.to_string())
            .with("roles", policy.roles.as_slice())
            .some("using", &policy.using)
            .some("check", &policy.check)
            .flag("restrictive", !policy.permissive)
            .some("comment", &policy.comment);
        Some(form.refusing_others())
    }

    fn like(policy: &Policy) -> String {
        others::described(policy)
    }
}
