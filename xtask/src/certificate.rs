//! A self-signed certificate for this machine's names, for `serve --tls`.
//!
//! It is kept in the cache and made anew only when an address is added or it grows old, so that a
//! person has to accept it once and not at every start.

use crate::paths;
use anyhow::{Context, Result};
use rcgen::{CertificateParams, DnType, KeyPair};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{IpAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Browsers on phones refuse certificates that are valid for much more than a year.
const VALID: Duration = Duration::from_secs(390 * 24 * 60 * 60);
/// Renewed while it is still valid for some weeks.
const RENEWED_AFTER: Duration = Duration::from_secs(330 * 24 * 60 * 60);

/// Where certificate and key lie, both in PEM.
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key, readable by its owner only.
    pub key: PathBuf,
}

/// The certificate for this machine, made if need be.
///
/// # Errors
/// When the cache cannot be written.
pub fn for_this_machine() -> Result<Certificate> {
    let addresses = addresses();
    certificate_in(&paths::cache()?.join("tls"), &addresses)
}

/// The addresses under which others in the local network reach this machine: the one that the
/// default route uses comes first.
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    let mut addresses: Vec<_> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .map(|interface| interface.ip())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let first = address_of_default_route();
    addresses.sort_by_key(|address| (Some(*address) != first, address.is_ipv6()));
    addresses
}

/// Connecting a UDP socket sends nothing; it only asks which way a packet would go. The target is
/// an address that RFC 5737 reserves for documentation.
fn address_of_default_route() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn certificate_in(folder: &Path, addresses: &[IpAddr]) -> Result<Certificate> {
    let files =
        Certificate { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    let names = names(addresses);
    let list = folder.join("names");
    let listed = fs::read_to_string(&list).unwrap_or_default();
    let all_listed = names.iter().all(|name| listed.lines().any(|line| line == name));
    if all_listed && files.key.is_file() && is_young(&files.certificate) {
        return Ok(files);
    }
    fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let (certificate, key) = make(&names)?;
    // The list last: without it an interrupted run is not taken for done.
    drop(fs::remove_file(&list));
    write_private(&files.key, &key)?;
    fs::write(&files.certificate, certificate).context("the certificate cannot be written")?;
    fs::write(&list, names.join("\n")).context("the list of names cannot be written")?;
    Ok(files)
}

fn names(addresses: &[IpAddr]) -> Vec<String> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    own.into_iter().chain(addresses.iter().map(ToString::to_string)).collect()
}

fn make(names: &[String]) -> Result<(String, String)> {
    let mut parameters = CertificateParams::new(names).context("a name fits no certificate")?;
    parameters.distinguished_name.push(DnType::CommonName, "Confab on this machine");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let moment = |since: Duration| -> Result<_> {
        let days = i64::try_from(since.as_secs() / (24 * 60 * 60))?;
        let (year, month, day) = date(days);
        Ok(rcgen::date_time_ymd(year, month, day))
    };
    parameters.not_before = moment(now.saturating_sub(Duration::from_secs(24 * 60 * 60)))?;
    parameters.not_after = moment(now + VALID)?;
    let key = KeyPair::generate().context("no key could be made")?;
    let certificate = parameters.self_signed(&key).context("no certificate could be made")?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Year, month and day of a day counted from 1970-01-01 (the civil calendar, counted in eras of 400
/// years that start in March, so that the leap day comes last).
fn date(days: i64) -> (i32, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |number: i64| u8::try_from(number).unwrap_or(1);
    (i32::try_from(year).unwrap_or(i32::MAX), small(month), small(day))
}

fn is_young(file: &Path) -> bool {
    let age = fs::metadata(file).and_then(|file| file.modified()).ok().map(|made| made.elapsed());
    matches!(age, Some(Ok(age)) if age < RENEWED_AFTER)
}

fn write_private(file: &Path, text: &str) -> Result<()> {
    drop(fs::remove_file(file));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file).context("the private key cannot be written")?;
    file.write_all(text.as_bytes()).context("the private key cannot be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(59), (1970, 3, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(19_722), (2023, 12, 31));
        assert_eq!(date(19_723), (2024, 1, 1));
    }

    #[test]
    fn a_certificate_is_kept_until_an_address_is_new() {
        let folder = std::env::temp_dir().join(format!("xtask-tls-{}", std::process::id()));
        let one = IpAddr::from([192, 0, 2, 7]);
        let two = IpAddr::from([192, 0, 2, 8]);
        let read = |addresses: &[IpAddr]| {
            fs::read_to_string(certificate_in(&folder, addresses).unwrap().certificate).unwrap()
        };
        let first = read(&[one, two]);
        assert!(first.starts_with("-----BEGIN CERTIFICATE-----"));
        assert_eq!(read(&[one, two]), first);
        assert_eq!(read(&[two]), first, "an address less is no reason");
        assert_ne!(read(&[IpAddr::from([192, 0, 2, 9])]), first);
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("xtask-key-{}", std::process::id()));
        let files = certificate_in(&folder, &[]).unwrap();
        let mode = fs::metadata(files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        fs::remove_dir_all(folder).unwrap();
    }
}
