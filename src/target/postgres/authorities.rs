//! Authorities that vouch for a server, and what is wrong where they do not.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::security::{Roots, TlsMode};
use super::settings::Settings;

/// The authorities whose certificates are in a PEM file.
pub(super) fn in_file(
    file: &Path,
    mode: TlsMode,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let shown = file.display();
    let text = std::fs::read(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            format!("sslmode={mode} needs a root certificate, and there is no file {shown}")
        }
        _ => format!("the root certificate {shown} cannot be read: {error}"),
    })?;
    let unusable = |error: &dyn std::error::Error| {
        format!("the root certificate {shown} cannot be used: {error}")
    };
    let mut roots = RootCertStore::empty();
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots
            .add(certificate.clone())
            .map_err(|error| unusable(&error))?;
        certificates.push(certificate);
    }
    if roots.is_empty() {
        return Err(format!(
            "{shown} holds no certificate (-----BEGIN CERTIFICATE-----)"
        ));
    }
    Ok(Arc::new(InFile {
        roots,
        certificates,
        name: mode == TlsMode::VerifyFull,
        provider,
    }))
}

/// The authorities that this machine trusts.
pub(super) fn of_the_system(
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let verifier = rustls_platform_verifier::Verifier::new(provider);
    Ok(Arc::new(verifier.map_err(|error| {
        format!("this machine's trusted certificates cannot be used: {error}")
    })?))
}

#[derive(Debug)]
struct InFile {
    roots: RootCertStore,
    /// The same, whole.
    certificates: Vec<CertificateDer<'static>>,
    /// Whether the certificate has to be for the host that was asked for.
    name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for InFile {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let vouched = verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.roots,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        );
        match vouched {
            // `openssl req -x509` makes certificates that may sign others, and people give the server's own as the root. Its
            // validity has been looked at before.
            Err(Error::InvalidCertificate(error))
                if is_authority(&error) && self.certificates.contains(end_entity) => {}
            other => other?,
        }
        if self.name {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Why TLS did not come about, in words.
pub(super) fn reason(settings: &Settings, error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_reason(settings, error),
        Error::AlertReceived(alert) => {
            format!("the server ended the TLS handshake with the alert {alert:?}")
        }
        Error::PeerIncompatible(_) => {
            format!("the server has no TLS that we speak (1.2 and 1.3): {error}")
        }
        Error::InvalidMessage(_) => format!("what listens there does not speak TLS ({error})"),
        other => format!("TLS failed: {other}"),
    }
}

fn certificate_reason(settings: &Settings, error: &CertificateError) -> String {
    let host = settings.host().unwrap_or_default();
    let certificate = "the server's certificate";
    match error {
        CertificateError::UnknownIssuer => {
            let trusted = match settings.roots() {
                Some(Roots::File(file)) => {
                    format!("whose certificate is not in {}", file.display())
                }
                _ => "that this machine does not trust".to_owned(),
            };
            format!("{certificate} was signed by an authority {trusted}")
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().map(|name| printable(name)).collect();
            match names.is_empty() {
                true => format!("{certificate} names no host, so it is not for {host}"),
                false => format!(
                    "{certificate} is for {} and not for {host}",
                    names.join(", ")
                ),
            }
        }
        CertificateError::NotValidForName => format!("{certificate} is not for {host}"),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("{certificate} expired{}", at(*not_after))
        }
        CertificateError::Expired => format!("{certificate} has expired"),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "{certificate} becomes valid only{} (is this machine's clock right?)",
            at(*not_before)
        ),
        CertificateError::NotValidYet => {
            format!("{certificate} is not valid yet (is this machine's clock right?)")
        }
        CertificateError::BadSignature => {
            format!("{certificate} or one above it is not signed by the authority that it names")
        }
        CertificateError::Revoked => format!("{certificate} was revoked"),
        other if is_authority(other) => format!(
            "{certificate} is an authority's own (CA:TRUE), and an authority cannot vouch for itself as a server: have the server use one that it signed"
        ),
        CertificateError::BadEncoding => {
            format!("{certificate} cannot be read (one of version 1 cannot be checked)")
        }
        other => format!("{certificate} was refused: {other}"),
    }
}

/// Whether the server shows a certificate that may sign others. webpki has a name for it, rustls none.
fn is_authority(error: &CertificateError) -> bool {
    format!("{error:?}").contains("CaUsedAsEndEntity")
}

/// `DnsName("db.example.com")` and `IpAddress(::1)`, as rustls lists names, without what a stranger's certificate may hold
/// besides.
fn printable(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest);
    let inner = inner.strip_suffix(')').unwrap_or(inner).trim_matches('"');
    let shown = inner.chars().filter(char::is_ascii_graphic);
    shown.take(100).collect()
}

fn at(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok();
    match seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
        Some(time) => format!(" on {}", time.strftime("%Y-%m-%d")),
        None => String::new(),
    }
}
