//! Checksums as other tools compute them of a file.

use sha2::{Digest, Sha384};

use crate::digest::{hex, sha256};
use crate::words;

/// What another ledger says of the file that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    /// Nothing that we could compare.
    None,
    /// SHA-256 of the bytes, in hex.
    Sha256(String),
    /// SHA-384 of the bytes, in hex: sqlx.
    Sha384(String),
    /// CRC-32 of the lines without their ends, as a signed number: Flyway.
    Crc32(i64),
}

impl Checksum {
    /// Whether it is of another text, with both checksums; `None` where that cannot be known.
    pub(super) fn differs(&self, text: &str) -> Option<Option<(String, String)>> {
        let (theirs, ours) = match self {
            Self::None => return None,
            Self::Sha256(theirs) => (theirs.clone(), sha256(text.as_bytes())),
            Self::Sha384(theirs) => (theirs.clone(), hex(&Sha384::digest(text.as_bytes()))),
            Self::Crc32(theirs) => (theirs.to_string(), flyway(text).to_string()),
        };
        Some((theirs != ours).then(|| (words::checksum(&theirs), words::checksum(&ours))))
    }

    /// How it is computed.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::None => "no checksum",
            Self::Sha256(_) => "SHA-256",
            Self::Sha384(_) => "SHA-384",
            Self::Crc32(_) => "CRC-32",
        }
    }
}

/// Flyway's checksum: CRC-32 over the lines, without a byte order mark and without line ends, so that a file means the same
/// with LF and CRLF.
fn flyway(text: &str) -> i32 {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r'));
    crc32(lines).cast_signed()
}

/// CRC-32 as in zlib and Java.
fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            let low = sum & 1;
            sum >>= 1;
            if low == 1 {
                sum ^= 0xedb8_8320;
            }
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_32_is_that_of_zlib() {
        // `python3 -c 'import zlib; print(zlib.crc32(b"123456789"))'`
        assert_eq!(crc32("123456789".bytes()), 3_421_780_262);
        assert_eq!(crc32("".bytes()), 0);
    }

    #[test]
    fn flyways_checksum_looks_at_no_line_end() {
        // zlib.crc32(b"create table a (id int);select 1;") as a signed number.
        let sum = FLYWAY;
        for text in [
            "create table a (id int);\nselect 1;\n",
            "create table a (id int);\r\nselect 1;",
            "\u{feff}create table a (id int);\nselect 1;\n\n",
        ] {
            assert_eq!(flyway(text), sum, "{text:?}");
        }
        assert_ne!(flyway("create table a (id int); select 1;"), sum);
    }

    const FLYWAY: i32 = -1_680_682_365;

    #[test]
    fn a_difference_is_told_with_both() {
        // printf 'a' | sha256sum, printf 'a' | sha384sum
        let sha256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
        let sha384 = "54a59b9f22b0b80880d8427e548b7c23abd873486e1f035dce9cd697e85175033caa88e6d57bc35efae0b5afd3145f31";
        let one = Checksum::Sha256(sha256.to_owned());
        assert_eq!(one.differs("a"), Some(None));
        let (theirs, ours) = one.differs("b").flatten().unwrap();
        assert_eq!(
            (theirs.as_str(), ours.as_str()),
            ("ca978112ca1b…", "3e23e8160039…")
        );
        assert_eq!(Checksum::Sha384(sha384.to_owned()).differs("a"), Some(None));
        assert_eq!(Checksum::None.differs("a"), None);
    }
}
