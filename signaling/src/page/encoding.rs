//! Compressed forms of a file: which ones a request accepts, and how to make them.
//!
//! Brotli where the browser takes it, which some do over https and on localhost only; gzip else.
//! Here files are packed quickly, once; a release bundle brings tighter ones beside each file.

use std::io::Write;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};

/// Brotli's quality, 0 to 11: 5 packs tens of megabytes a second.
const BROTLI_QUALITY: u32 = 5;
/// Brotli's window, as a power of two in bytes.
const BROTLI_WINDOW: u32 = 22;

/// A content coding (RFC 9110 §8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Encoding {
    /// How many there are.
    pub(crate) const COUNT: usize = 2;

    /// Best first.
    const ALL: [Self; Self::COUNT] = [Self::Brotli, Self::Gzip];

    /// Its name in HTTP.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The end of the name of a file that is packed so.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    /// The codings that a request accepts, best first.
    pub(crate) fn accepted(headers: &HeaderMap) -> Vec<Self> {
        let lists = headers.get_all(header::ACCEPT_ENCODING);
        let items: Vec<&str> =
            lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|l| l.split(',')).collect();
        let accepts = |encoding: &Self| {
            items.iter().any(|item| {
                let (token, parameter) = item.split_once(';').unwrap_or((item, ""));
                let weight = parameter.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse);
                token.trim().eq_ignore_ascii_case(encoding.token())
                    && weight.is_ok_and(|weight: f32| weight > 0.0)
            })
        };
        Self::ALL.into_iter().filter(accepts).collect()
    }

    /// The packed form of a file.
    pub(crate) fn pack(self, plain: &[u8]) -> Option<Bytes> {
        let packed = match self {
            Self::Brotli => {
                let mut packed = Vec::new();
                let mut writer = brotli::CompressorWriter::new(
                    &mut packed,
                    64 * 1024,
                    BROTLI_QUALITY,
                    BROTLI_WINDOW,
                );
                let written = writer.write_all(plain).and_then(|()| writer.flush());
                drop(writer);
                written.map(|()| packed)
            }
            Self::Gzip => {
                let level = flate2::Compression::default();
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
                writer.write_all(plain).and_then(|()| writer.finish())
            }
        };
        packed.ok().map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn accepted(text: &str) -> Vec<Encoding> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, text.parse().unwrap());
        Encoding::accepted(&headers)
    }

    #[test]
    fn the_best_accepted_coding_comes_first() {
        assert_eq!(accepted("gzip, deflate, br, zstd"), [Encoding::Brotli, Encoding::Gzip]);
        assert_eq!(accepted("gzip, deflate"), [Encoding::Gzip]);
        assert_eq!(accepted("br;q=0, GZIP;q=0.5"), [Encoding::Gzip]);
        assert_eq!(accepted("br;q=x, identity, *"), []);
        assert_eq!(Encoding::accepted(&HeaderMap::new()), []);
    }

    #[test]
    fn what_is_packed_unpacks_to_the_same() {
        let plain = b"let us pack this line. ".repeat(500);
        let packed = Encoding::Brotli.pack(&plain).unwrap();
        let mut unpacked = Vec::new();
        brotli::Decompressor::new(&packed[..], 4096).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain && packed.len() < plain.len() / 10);
        let packed = Encoding::Gzip.pack(&plain).unwrap();
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain && packed.len() < plain.len() / 10);
    }
}
