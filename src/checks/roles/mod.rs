//! Roles: attributes, memberships, settings.

mod attributes;
mod members;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, Kinds, Membership, Role, Selection, Setting, Unread};
use crate::source::{Located, Written as _, text_or_map};

use super::language::{Assignments, Limit, Listing, Others};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

pub use attributes::Attributes;
pub use members::Member;

codes! {
    of "role": "role", "roles";
    ATTRIBUTES: "role-attributes", "a role has an attribute that it should not have, or the reverse: LOGIN, BYPASSRLS, …";
    LIMIT: "role-connection-limit", "a role may have more or fewer connections";
    VALID_UNTIL: "role-valid-until", "the password of a role ends at another time";
    MEMBER_OF: "role-member-of", "a role is a member of other roles, or is one with other options";
    MEMBERS: "role-members", "a role has other members, or has them with other options";
    SETTINGS: "role-settings", "a setting of a role has another value, is not set, or is where it should not be";
    COMMENT: "role-comment", "a role has another comment";
}

/// `roles:` by name.
pub type Section = Objects<RoleExpectation>;

/// What is expected of a role. A line of text reads like CREATE ROLE (`login noinherit`) and means what it would there:
/// without `login` it is `nologin`. Of the long form, what is left out may be anything.
#[derive(Clone, Debug, Default)]
pub struct RoleExpectation {
    long: Long,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a line as in CREATE ROLE (`login noinherit`), or a mapping with `login`, `member_of`, …"
)]
struct Long {
    /// All attributes, as in CREATE ROLE.
    attributes: Option<Located<Attributes>>,
    /// SUPERUSER.
    superuser: Option<Located<bool>>,
    /// INHERIT.
    inherit: Option<Located<bool>>,
    /// CREATEROLE.
    create_role: Option<Located<bool>>,
    /// CREATEDB.
    create_db: Option<Located<bool>>,
    /// LOGIN.
    login: Option<Located<bool>>,
    /// REPLICATION.
    replication: Option<Located<bool>>,
    /// BYPASSRLS.
    bypass_rls: Option<Located<bool>>,
    /// CONNECTION LIMIT.
    connection_limit: Option<Located<Limit>>,
    /// VALID UNTIL; `never` where the password does not end.
    valid_until: Option<Located<String>>,
    /// The roles that it is a member of.
    member_of: Option<Located<Listing<Member>>>,
    /// The roles that are members of it.
    members: Option<Located<Listing<Member>>>,
    /// What `ALTER ROLE … SET` left for all databases.
    settings: Assignments,
    /// Whether there may be settings that are not listed.
    other_settings: Option<Located<Others>>,
    /// `COMMENT ON ROLE`.
    comment: Option<Located<String>>,
}

impl From<Long> for RoleExpectation {
    fn from(long: Long) -> Self {
        Self { long }
    }
}

fn line(text: &str) -> Result<RoleExpectation, String> {
    let attributes = Some(Located::left_out(Attributes::parse(text)?));
    Ok(Long {
        attributes,
        ..Long::default()
    }
    .into())
}

text_or_map!(
    RoleExpectation as "Role",
    Long,
    "a line as in CREATE ROLE (`login noinherit`), or a mapping with `login`, `member_of`, …",
    line
);

impl Object for RoleExpectation {
    const HEADING: Heading = Heading {
        icon: "👤 ",
        title: "Roles",
        noun: "role",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = Role;

    fn needs(&self) -> Selection {
        let mut kinds = Kinds::default();
        if self.long.member_of.is_some() || self.long.members.is_some() {
            kinds = kinds.and::<Membership>();
        }
        if !self.long.settings.0.is_empty() || self.long.other_settings.is_some() {
            kinds = kinds.and::<Setting>();
        }
        Selection::of(kinds)
    }

    fn compare(
        &self,
        role: &Role,
        facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        let long = &self.long;
        if let Some(attributes) = &long.attributes {
            attributes.value.compare(attributes, role, examiner);
        }
        for (property, expected, found, words) in [
            (
                "superuser",
                &long.superuser,
                role.superuser,
                attributes::SUPERUSER,
            ),
            ("inherit", &long.inherit, role.inherit, attributes::INHERIT),
            (
                "create role",
                &long.create_role,
                role.create_role,
                attributes::CREATE_ROLE,
            ),
            (
                "create database",
                &long.create_db,
                role.create_db,
                attributes::CREATE_DB,
            ),
            ("login", &long.login, role.login, attributes::LOGIN),
            (
                "replication",
                &long.replication,
                role.replication,
                attributes::REPLICATION,
            ),
            (
                "bypass row-level security",
                &long.bypass_rls,
                role.bypass_rls,
                attributes::BYPASS_RLS,
            ),
        ] {
            if let Some(expected) = expected {
                examiner.either(&ATTRIBUTES, property, expected, found, words);
            }
        }
        let limit = u64::try_from(role.connection_limit).ok();
        examiner.limit(&LIMIT, "connection limit", &long.connection_limit, limit);
        if let Some(until) = &long.valid_until {
            let wanted = attributes::time(&until.value);
            attributes::compare_time(wanted.as_deref(), until, role, examiner);
        }
        if long.member_of.is_some() || long.members.is_some() {
            let all = facts.catalog.memberships.known()?;
            let of = all.iter().filter(|m| m.member == role.name);
            let of: Vec<Member> = of.map(|m| Member::found(&m.role, m)).collect();
            examiner.memberships(&MEMBER_OF, "member of", &long.member_of, &of);
            let members = all.iter().filter(|m| m.role == role.name);
            let members: Vec<Member> = members.map(|m| Member::found(&m.member, m)).collect();
            examiner.memberships(&MEMBERS, "members", &long.members, &members);
        }
        if !long.settings.0.is_empty() || long.other_settings.is_some() {
            let mut all = facts.catalog.settings.known()?.iter();
            let own = all.find(|s| s.role.as_deref() == Some(&role.name) && !s.in_database);
            let found = own.map_or(&[][..], |s| &s.settings);
            long.settings
                .compare(&long.other_settings, found, &SETTINGS, "setting", examiner);
        }
        let comment = role.comment.as_deref();
        examiner.optional_text(&COMMENT, "comment", &long.comment, comment);
        Ok(())
    }

    fn like(role: &Role) -> String {
        Attributes::of(role).to_string()
    }

    fn written(role: &Role, catalog: &Catalog) -> Option<Value> {
        let all = catalog.memberships.known().ok()?;
        let of = all.iter().filter(|m| m.member == role.name);
        let members = all.iter().filter(|m| m.role == role.name);
        Some(json!({
            "attributes": Attributes::of(role).to_string(),
            "member_of": of.map(|m| members::written(&m.role, m)).collect::<Vec<_>>(),
            "members": members.map(|m| members::written(&m.member, m)).collect::<Vec<_>>(),
            "comment": role.comment.as_deref().unwrap_or_default(),
        }))
    }

    fn written_at(&mut self, span: Range<usize>) {
        if let Some(attributes) = &mut self.long.attributes
            && attributes.span().is_none()
        {
            attributes.span = span;
        }
    }
}
