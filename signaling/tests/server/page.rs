//! The page as a browser gets it: types, caches, compression, policy, and nothing from elsewhere.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};
use signaling::{Config, Limits, Origin};
use tempfile::TempDir;

use crate::support::{Answer, Running, config};

const BOOT: &str = "import init from '/app-0123456789abcdef.js'; init();";

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A folder as the bundler leaves it.
fn dist() -> TempDir {
    let dist = TempDir::new().unwrap();
    let index = format!("<!doctype html><title>Confab</title><script type=module>{BOOT}</script>");
    for (name, content) in [
        ("index.html", index.as_bytes()),
        ("app-0123456789abcdef.js", "export default () => 'app';\n".repeat(200).as_bytes()),
        ("app-0123456789abcdef_bg.wasm", &b"\0asm\x01\0\0\0".repeat(400)),
        ("style-00112233445566ff.css", b"body { color: red }"),
        ("worker.js", b"postMessage('ready')"),
        ("worker_bg.wasm", b"\0asm\x01\0\0\0"),
        ("service_worker.js", b"'use strict';"),
        ("icons/icon.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("icons/icon.png", &b"\x89PNG not compressed again".repeat(100)),
        ("manifest.webmanifest", b"{}"),
        ("not-hashed-0123.js", b"1"),
    ] {
        write(dist.path(), name, content);
    }
    dist
}

async fn serve(dist: &Path) -> Running {
    Running::start(Config { dist: Some(dist.to_owned()), ..config(Limits::default()) }).await
}

#[tokio::test]
async fn each_file_has_its_type_and_its_cache() {
    let dist = dist();
    let server = serve(dist.path()).await;
    let for_ever = "public, max-age=31536000, immutable";
    for (path, media_type, cache) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/app-0123456789abcdef.js", "text/javascript; charset=utf-8", for_ever),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm", for_ever),
        ("/style-00112233445566ff.css", "text/css; charset=utf-8", for_ever),
        ("/worker.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/worker_bg.wasm", "application/wasm", "no-cache"),
        ("/service_worker.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/icons/icon.svg", "image/svg+xml", "no-cache"),
        ("/icons/icon.png", "image/png", "no-cache"),
        ("/icons%2ficon.png", "image/png", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/not-hashed-0123.js?x=1", "text/javascript; charset=utf-8", "no-cache"),
        ("/config.json", "application/json", "no-cache"),
    ] {
        let answer = server.fetch(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), media_type, "{path}");
        assert_eq!(answer.header("cache-control"), cache, "{path}");
        assert!(answer.header("etag").starts_with('"'), "{path}");
    }
    assert_eq!(server.fetch("/healthz").await.header("cache-control"), "no-store");
}

/// `is_page` is false for what is no file of the page: nothing at all may come from there.
fn assert_protected(answer: &Answer, is_page: bool, what: &str) {
    let policy = answer.header("content-security-policy");
    if is_page {
        assert_policy_of_a_page(policy, what);
    } else {
        let nothing =
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        assert_eq!(policy, nothing, "{what}");
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{what}");
    let cors = answer.headers.iter().any(|(name, _)| name.starts_with("access-control-"));
    assert!(!cors, "{what}: no other origin gets anything");
}

fn assert_policy_of_a_page(policy: &str, what: &str) {
    let boot = data_encoding::BASE64.encode(&Sha256::digest(BOOT));
    for part in [
        "default-src 'none';",
        &format!("script-src 'self' 'wasm-unsafe-eval' 'sha256-{boot}';"),
        "style-src 'self';",
        "connect-src 'self' ws://127.0.0.1:",
        "worker-src 'self';",
        "manifest-src 'self';",
        "frame-ancestors 'none';",
        "base-uri 'none';",
        "form-action 'none';",
        "require-trusted-types-for 'script';",
        "trusted-types confab",
    ] {
        assert!(policy.contains(part), "{what}: {part} in {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains('*'), "{what}: {policy}");
}

#[tokio::test]
async fn the_policy_and_its_companions_are_on_every_answer() {
    let dist = dist();
    let server = serve(dist.path()).await;
    let etag = server.fetch("/").await.header("etag").to_owned();
    let foreign = ("origin", "https://evil.example");
    for (method, path, headers, status) in [
        ("GET", "/", vec![], 200),
        ("GET", "/", vec![foreign], 200),
        ("GET", "/", vec![("if-none-match", etag.as_str())], 304),
        ("HEAD", "/", vec![], 200),
        ("GET", "/worker.js", vec![], 200),
        ("GET", "/app-0123456789abcdef_bg.wasm", vec![], 200),
        ("GET", "/config.json", vec![foreign], 200),
        ("GET", "/healthz", vec![], 200),
        ("GET", "/nothing", vec![], 404),
        ("POST", "/", vec![], 405),
        ("OPTIONS", "/config.json", vec![foreign], 405),
        ("GET", "/signal", vec![], 426),
    ] {
        let answer = server.request(method, path, &headers).await;
        assert_eq!(answer.status, status, "{method} {path}");
        let is_page = !["/config.json", "/healthz", "/signal"].contains(&path);
        assert_protected(&answer, is_page, &format!("{method} {path}"));
    }
}

#[tokio::test]
async fn the_policy_follows_the_boot_script_and_the_operator() {
    let dist = dist();
    let connect = vec![Origin::signaling("wss://other.example:8443").unwrap()];
    let config =
        Config { dist: Some(dist.path().to_owned()), connect, ..config(Limits::default()) };
    let server = Running::start(config).await;
    let before = server.fetch("/").await;
    let policy = before.header("content-security-policy").to_owned();
    assert!(policy.contains(" wss://other.example:8443;"), "{policy}");
    write(dist.path(), "index.html", "<script>another()</script>");
    let after = server.fetch("/worker.js").await;
    assert_ne!(after.header("content-security-policy"), policy, "a new build, a new hash");
    let hostile = [("host", "a'; script-src *")];
    let answer = server.request("GET", "/", &hostile).await;
    if answer.status == 200 {
        assert!(!answer.header("content-security-policy").contains("script-src *"));
    }
    let json: serde_json::Value =
        serde_json::from_slice(&server.fetch("/config.json").await.body).unwrap();
    assert_eq!(json["connect"][0], "wss://other.example:8443");
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let dist = dist();
    let server = serve(dist.path()).await;
    for path in ["/", "/worker.js", "/config.json", "/app-0123456789abcdef.js"] {
        let etag = server.fetch(path).await.header("etag").to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let known = [("if-none-match", known.as_str())];
            for method in ["GET", "HEAD"] {
                let answer = server.request(method, path, &known).await;
                assert_eq!((answer.status, answer.body.len()), (304, 0), "{path} {known:?}");
                assert_eq!(answer.header("etag"), etag);
                assert!(answer.has("cache-control"));
            }
        }
        let other = server.request("GET", path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, 200);
    }
    let etag = server.fetch("/worker.js").await.header("etag").to_owned();
    write(dist.path(), "worker.js", "postMessage('ready, and new')");
    let changed = server.request("GET", "/worker.js", &[("if-none-match", &etag)]).await;
    assert_eq!((changed.status, changed.text()), (200, "postMessage('ready, and new')"));
}

#[tokio::test]
async fn head_tells_the_same_without_the_body() {
    let dist = dist();
    let server = serve(dist.path()).await;
    for path in ["/", "/worker.js", "/config.json", "/healthz", "/nothing"] {
        let get = server.fetch(path).await;
        let head = server.request("HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["content-type", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
    }
}

fn unbrotli(packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    brotli::Decompressor::new(packed, 4096).read_to_end(&mut plain).unwrap();
    plain
}

#[tokio::test]
async fn files_are_compressed_once_in_the_best_accepted_way() {
    let dist = dist();
    let server = serve(dist.path()).await;
    let (js, wasm) = ("/app-0123456789abcdef.js", "/app-0123456789abcdef_bg.wasm");
    for path in [js, wasm] {
        let plain = server.fetch(path).await;
        assert!(!plain.has("content-encoding"));
        assert_eq!(plain.header("vary"), "accept-encoding");
        let accept = [("accept-encoding", "gzip, deflate, br, zstd")];
        let packed = server.request("GET", path, &accept).await;
        assert_eq!(packed.header("content-encoding"), "br");
        assert_eq!(packed.header("content-type"), plain.header("content-type"));
        assert_eq!(packed.header("vary"), "accept-encoding");
        assert_ne!(packed.header("etag"), plain.header("etag"));
        assert!(packed.body.len() < plain.body.len() / 4);
        assert_eq!(unbrotli(&packed.body), plain.body);
        let gzip = server.request("GET", path, &[("accept-encoding", "gzip, br;q=0")]).await;
        assert_eq!(gzip.header("content-encoding"), "gzip");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.body);
    }
    for path in ["/worker.js", "/icons/icon.png"] {
        let answer = server.request("GET", path, &[("accept-encoding", "br")]).await;
        assert!(!answer.has("content-encoding"), "{path} would gain nothing");
    }
}

#[tokio::test]
async fn a_brotli_file_beside_is_served_unless_it_is_older() {
    let dist = dist();
    let name = "app-0123456789abcdef.js";
    let text = "something else, to tell where it came from";
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut text.as_bytes(), &mut packed, &params).unwrap();
    write(dist.path(), &format!("{name}.br"), &packed);
    let server = serve(dist.path()).await;
    let accept = [("accept-encoding", "br")];
    let answer = server.request("GET", &format!("/{name}"), &accept).await;
    assert_eq!(unbrotli(&answer.body), text.as_bytes());

    write(dist.path(), "worker.js", "work();".repeat(1000));
    write(dist.path(), "worker.js.br", &packed);
    let old = std::fs::File::options().write(true).open(dist.path().join("worker.js.br")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    let answer = server.request("GET", "/worker.js", &accept).await;
    assert_eq!(unbrotli(&answer.body), "work();".repeat(1000).as_bytes());
}

#[tokio::test]
async fn nothing_outside_the_folder_can_be_named() {
    let outer = TempDir::new().unwrap();
    write(outer.path(), "secret.txt", "top secret");
    write(outer.path(), "dist/index.html", "<p>page</p>");
    write(outer.path(), "dist/.hidden", "top secret");
    write(outer.path(), "dist/a/b.txt", "fine");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outer.path().join("secret.txt"), outer.path().join("dist/link.txt"))
        .unwrap();
    let server = serve(&outer.path().join("dist")).await;
    assert_eq!(server.fetch("/a/b.txt").await.text(), "fine");
    let absolute = outer.path().join("secret.txt").display().to_string();
    for path in [
        "/../secret.txt",
        "/a/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/a/..",
        "/.",
        "/./index.html",
        "/a//b.txt",
        "/a/b.txt/",
        "/a",
        "/a/",
        "//index.html",
        "/.hidden",
        "/link.txt",
        "/index.html%00",
        "/%ff",
        "/C:/x",
        "/index.html/",
        &absolute,
        &format!("/{absolute}"),
    ] {
        let answer = server.fetch(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().starts_with("There is nothing at this address"), "{path}");
    }
}

#[tokio::test]
async fn without_a_page_the_answer_names_the_command() {
    let dist = TempDir::new().unwrap();
    let missing = dist.path().join("not-built");
    let server = serve(&missing).await;
    for path in ["/", "/app-0123456789abcdef.js"] {
        let answer = server.fetch(path).await;
        assert_eq!(answer.status, 503);
        assert!(answer.text().contains("cargo xtask serve"), "{}", answer.text());
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert!(answer.has("content-security-policy"));
    }
    assert_eq!(server.fetch("/config.json").await.status, 200);
    write(&missing, "index.html", "<p>built now</p>");
    assert_eq!(server.fetch("/").await.text(), "<p>built now</p>");
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let dist = dist();
    let server = serve(dist.path()).await;
    for (method, path) in
        [("POST", "/"), ("PUT", "/x"), ("DELETE", "/index.html"), ("POST", "/config.json")]
    {
        let answer = server.request(method, path, &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"), "{method} {path}");
        assert!(answer.text().contains("only be read"));
    }
}
