//! Certificates of which nobody asks who they belong to.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};

/// Accepts every certificate, yet insists that the server holds its key: the channel binding of SCRAM rests on that.
#[derive(Debug)]
pub(super) struct AnyCertificate {
    pub(super) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    /// By the key alone: rustls refuses certificates of version 1, which the commands in the Postgres manual make with
    /// OpenSSL up to 3.1.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let key = public_key(cert).ok_or(CertificateError::BadEncoding)?;
        verify_tls13_signature_with_raw_key(
            message,
            &SubjectPublicKeyInfoDer::from(key),
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The SubjectPublicKeyInfo of a certificate, with its header (RFC 5280, section 4.1).
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let certificate = element(certificate)?;
    let tbs = element(certificate.content(SEQUENCE)?)?;
    let mut rest = tbs.content(SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.rest;
    }
    // serialNumber, signature, issuer, validity, subject
    for _ in 0..5 {
        rest = element(rest)?.rest;
    }
    let key = element(rest)?;
    key.content(SEQUENCE)?;
    Some(key.whole)
}

/// The first DER element of some bytes.
struct Element<'a> {
    whole: &'a [u8],
    header: usize,
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn content(&self, tag: u8) -> Option<&'a [u8]> {
        (self.whole.first() == Some(&tag)).then(|| self.whole.get(self.header..))?
    }
}

fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let first = usize::from(*bytes.get(1)?);
    let (header, length) = if first < 0x80 {
        (2, first)
    } else {
        let header = 2 + (first & 0x7f);
        let length = bytes.get(2..header)?;
        if length.len() > 4 {
            return None;
        }
        let length = length
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        (header, length)
    };
    let (whole, rest) = bytes.split_at_checked(header.checked_add(length)?)?;
    Some(Element {
        whole,
        header,
        rest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_certificate_is_found() {
        use rcgen::PublicKeyData;
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = public_key(made.cert.der()).unwrap();
        assert_eq!(key, made.signing_key.subject_public_key_info());
    }

    #[test]
    fn a_broken_certificate_has_no_key_and_does_no_harm() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let whole = made.cert.der();
        for end in 0..whole.len() {
            assert_eq!(public_key(&whole[..end]), None);
        }
        assert_eq!(public_key(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
