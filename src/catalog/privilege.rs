//! Privileges as they were granted: access control lists.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! privileges {
    ($($(#[$meta:meta])* $variant:ident = $letter:literal, $word:literal;)+) => {
        /// Something that a role may do with an object. Source: the chapter on privileges, the table of abbreviations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Privilege {
            $($(#[$meta])* $variant,)+
        }

        impl Privilege {
            /// All privileges of all kinds of objects.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that GRANT takes: `select`, `alter system`.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The letter in an access control list.
            pub fn letter(self) -> char {
                match self { $(Self::$variant => $letter,)+ }
            }

            fn from_letter(letter: char) -> Option<Self> {
                match letter { $($letter => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

privileges! {
    /// Add rows.
    Insert = 'a', "insert";
    /// Read rows; of a sequence its state.
    Select = 'r', "select";
    /// Change rows; set a sequence.
    Update = 'w', "update";
    /// Take rows away.
    Delete = 'd', "delete";
    /// Empty a table; no policy holds for it.
    Truncate = 'D', "truncate";
    /// Point a foreign key at it.
    References = 'x', "references";
    /// Put a trigger on it.
    Trigger = 't', "trigger";
    /// VACUUM, ANALYZE, CLUSTER, REINDEX, LOCK (Postgres 17).
    Maintain = 'm', "maintain";
    /// Call a function.
    Execute = 'X', "execute";
    /// Look up names in a schema, use a type, draw from a sequence, connect by a foreign server.
    Usage = 'U', "usage";
    /// Make schemas in a database, or objects in a schema.
    Create = 'C', "create";
    /// Connect to a database.
    Connect = 'c', "connect";
    /// Make temporary tables in a database.
    Temporary = 'T', "temporary";
    /// Set a parameter.
    Set = 's', "set";
    /// Set a parameter with ALTER SYSTEM.
    AlterSystem = 'A', "alter system";
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What one role granted to one role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Who has it; none for PUBLIC.
    pub grantee: Option<String>,
    /// Who gave it.
    pub grantor: String,
    /// The privileges with their grant options, in the server's order.
    pub privileges: Vec<(Privilege, bool)>,
    /// Letters of privileges that this version does not know, as they stand in the list.
    pub unknown: String,
}

/// `anon=rw*/postgres`, as the server writes it.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(grantee) = &self.grantee {
            f.write_str(&quoted(grantee))?;
        }
        f.write_str("=")?;
        for (privilege, grantable) in &self.privileges {
            let star = if *grantable { "*" } else { "" };
            write!(f, "{}{star}", privilege.letter())?;
        }
        write!(f, "{}/{}", self.unknown, quoted(&self.grantor))
    }
}

/// Role names stand in quotes where they have anything but ASCII letters, digits and underscores.
fn quoted(role: &str) -> String {
    if role.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return role.to_owned();
    }
    format!("\"{}\"", role.replace('"', "\"\""))
}

/// A role's name at the start of a text, and what follows it.
fn role(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find(['=', '/']).unwrap_or(text.len());
        return Some((text.get(..end)?.to_owned(), text.get(end..)?));
    };
    let mut name = String::new();
    let mut chars = inner.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, inner.get(at + 1..)?));
        }
    }
    None
}

impl Grant {
    fn parse(text: &str) -> Option<Self> {
        let (grantee, rest) = role(text)?;
        let (letters, grantor) = rest.strip_prefix('=')?.split_once('/')?;
        let (grantor, rest) = role(grantor)?;
        if !rest.is_empty() {
            return None;
        }
        let (mut privileges, mut unknown) = (Vec::new(), String::new());
        let mut letters = letters.chars().peekable();
        while let Some(letter) = letters.next() {
            let grantable = letters.next_if_eq(&'*').is_some();
            match Privilege::from_letter(letter) {
                Some(privilege) => privileges.push((privilege, grantable)),
                None => {
                    unknown.push(letter);
                    unknown.extend(grantable.then_some('*'));
                }
            }
        }
        Some(Self {
            grantee: (!grantee.is_empty()).then_some(grantee),
            grantor,
            privileges,
            unknown,
        })
    }
}

/// An access control list: who may do what, and who said so.
///
/// In the document it is a list of the server's own texts, sorted: `anon=r/postgres`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acl(Vec<Grant>);

impl Acl {
    /// The grants, sorted by their text.
    pub fn grants(&self) -> &[Grant] {
        &self.0
    }

    /// Whether a role of this name, or PUBLIC for none, has the privilege by a grant to itself.
    pub fn names(&self, grantee: Option<&str>, privilege: Privilege) -> bool {
        self.0.iter().any(|grant| {
            grant.grantee.as_deref() == grantee
                && grant.privileges.iter().any(|(held, _)| *held == privilege)
        })
    }
}

impl Serialize for Acl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
    }
}

impl<'de> Deserialize<'de> for Acl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut texts = Vec::<String>::deserialize(deserializer)?;
        texts.sort();
        let grants = texts.iter().map(|text| {
            Grant::parse(text).ok_or_else(|| {
                D::Error::custom(format!("not an item of an access control list: {text}"))
            })
        });
        Ok(Self(grants.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(texts: &[&str]) -> Result<Acl, serde_json::Error> {
        serde_json::from_value(serde_json::json!(texts))
    }

    #[test]
    fn what_the_server_writes_is_written_again() {
        let texts = [
            "\"a=b/\"\"c\"=X/\"Big One\"",
            "=r/postgres",
            "anon=ar*wdDxtm/postgres",
            "anon=q*r/postgres",
        ];
        let read = acl(&texts).unwrap();
        let mut again: Vec<String> = read.grants().iter().map(ToString::to_string).collect();
        // A letter of a newer server is kept, behind those that are known.
        assert_eq!(again.pop().unwrap(), "anon=rq*/postgres");
        assert_eq!(again, texts[..3]);
        assert_eq!(read.grants()[0].grantee.as_deref(), Some("a=b/\"c"));
        assert_eq!(read.grants()[1].grantee, None);
        assert!(read.names(None, Privilege::Select) && !read.names(None, Privilege::Insert));
    }

    #[test]
    fn the_order_is_ours() {
        assert_eq!(
            acl(&["b=r/o", "a=r/o"]).unwrap(),
            acl(&["a=r/o", "b=r/o"]).unwrap()
        );
    }

    #[test]
    fn anything_else_is_an_error() {
        for text in [
            "",
            "anon",
            "anon=r",
            "\"anon=r/postgres",
            "anon=r/postgres x=y/",
        ] {
            let read = acl(&[text]);
            assert!(read.is_err() || text.contains(' '), "{text}: {read:?}");
        }
    }
}
