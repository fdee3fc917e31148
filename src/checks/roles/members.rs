//! Memberships, as seen from one of the two roles.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::Membership;
use crate::source::text_or_map;

/// The other role of a membership with the options of the grant. The name alone leaves them open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    role: String,
    /// ADMIN.
    admin: Option<bool>,
    /// INHERIT.
    inherit: Option<bool>,
    /// SET.
    set: Option<bool>,
    /// Who granted it.
    granted_by: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Long {
    /// The role.
    role: String,
    /// ADMIN: it may hand the membership on.
    #[serde(default)]
    admin: Option<bool>,
    /// INHERIT: it has the privileges of the role without SET ROLE.
    #[serde(default)]
    inherit: Option<bool>,
    /// SET: it may SET ROLE.
    #[serde(default)]
    set: Option<bool>,
    /// Who granted it.
    #[serde(default)]
    granted_by: Option<Vec<String>>,
}

impl From<Long> for Member {
    fn from(long: Long) -> Self {
        let granted_by = long.granted_by.map(|mut by| {
            by.sort();
            by
        });
        Self {
            role: long.role,
            admin: long.admin,
            inherit: long.inherit,
            set: long.set,
            granted_by,
        }
    }
}

fn name(text: &str) -> Result<Member, String> {
    Ok(Member {
        role: text.to_owned(),
        admin: None,
        inherit: None,
        set: None,
        granted_by: None,
    })
}

text_or_map!(
    Member as "Member",
    Long,
    "the name of a role, or a mapping with `role` and `admin`, `inherit`, `set` or `granted_by`",
    name
);

impl Member {
    pub(super) fn found(role: &str, membership: &Membership) -> Self {
        Self {
            role: role.to_owned(),
            admin: Some(membership.admin),
            inherit: Some(membership.inherit),
            set: Some(membership.set),
            granted_by: Some(membership.grantors.clone()),
        }
    }

    /// Whether a membership is as this says.
    pub(super) fn meets(&self, found: &Self) -> bool {
        let same = |wanted: Option<bool>, found: Option<bool>| wanted.is_none() || wanted == found;
        self.role == found.role
            && same(self.admin, found.admin)
            && same(self.inherit, found.inherit)
            && same(self.set, found.set)
            && (self.granted_by.is_none() || self.granted_by == found.granted_by)
    }
}

/// `app_owner with admin false, inherit true, set true granted by postgres`, as GRANT has it.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.role)?;
        let options = [
            ("admin", self.admin),
            ("inherit", self.inherit),
            ("set", self.set),
        ];
        let options: Vec<String> = options
            .iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", (*value)?)))
            .collect();
        if !options.is_empty() {
            write!(f, " with {}", options.join(", "))?;
        }
        match &self.granted_by {
            Some(by) => write!(f, " granted by {}", by.join(", ")),
            None => Ok(()),
        }
    }
}

pub(super) fn written(role: &str, membership: &Membership) -> Value {
    json!({
        "role": role,
        "admin": membership.admin,
        "inherit": membership.inherit,
        "set": membership.set,
        "granted_by": membership.grantors,
    })
}
