//! What is answered at which address, and the headers that are on every answer.
//!
//! `/signal` is the WebSocket, `/config.json` the page's configuration, `/healthz` the counts;
//! every other address is a file of the page. There is no CORS: other origins get nothing. What is
//! refused is told as over the WebSocket: JSON with a code and words, and nothing of the inside.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use percent_encoding::percent_decode_str;
use protocol::{ErrorCode, ServerMessage, limits};
use tracing::{debug, error};

use super::ending::Ending;
use super::sources::{Kind, Source};
use super::{PeerAddress, Shared, origin, socket};
use crate::page::encoding::Encoding;
use crate::page::policy::policy;
use crate::page::{NotServed, Representation};

/// The policy of what is no page: nothing in it may be run or shown.
const NO_PAGE: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// As how many messages a request counts: it costs about as much.
const REQUEST_MESSAGES: u32 = 10;

/// How long a browser may keep a file whose name changes with its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// All addresses of the server.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let files = Router::new()
        .fallback(page)
        .layer(from_fn_with_state(Arc::clone(&shared), protect))
        .with_state(Arc::clone(&shared));
    Router::new()
        .route("/signal", get(signal))
        .route("/config.json", get(config))
        .route("/healthz", get(health))
        .method_not_allowed_fallback(|| async { not_allowed() })
        .layer(from_fn(seal))
        .fallback_service(files)
        .layer(from_fn_with_state(Arc::clone(&shared), meter))
        .with_state(shared)
}

/// Puts the protecting headers on a file of the page. Its policy may have to be made anew from the
/// page's files, which waits for the disk.
async fn protect(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let host = origin::host(request.headers()).map(str::to_owned);
    let mut response = next.run(request).await;
    let page = Arc::clone(&shared.page);
    let inline = tokio::task::spawn_blocking(move || page.inline_hashes()).await;
    let connect = shared.config.connect.iter().map(origin::Origin::as_str);
    let embedders = shared.config.embed_in.iter().map(origin::Origin::as_str);
    let policy = policy(&inline.unwrap_or_default(), host.as_deref(), connect, embedders);
    shield(&mut response, &policy);
    response
}

/// Puts the protecting headers on what is no page.
async fn seal(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    shield(&mut response, NO_PAGE);
    response
}

/// The protecting headers, with this policy for what is in the answer.
fn shield(response: &mut Response, policy: &str) {
    insert(response, header::CONTENT_SECURITY_POLICY, policy);
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff"),
        (header::REFERRER_POLICY.as_str(), "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Finds out whom a request is from, and answers only if not too much comes from there.
async fn meter(
    State(shared): State<Arc<Shared>>,
    Extension(PeerAddress(peer)): Extension<PeerAddress>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = shared.config.trusted_proxies.visitor(peer, request.headers());
    let source = Source { sources: Arc::clone(&shared.sources), address };
    if !source.admits(&[(Kind::Message, REQUEST_MESSAGES)]) {
        return too_much();
    }
    request.extensions_mut().insert(source);
    next.run(request).await
}

async fn signal(
    State(shared): State<Arc<Shared>>,
    Extension(PeerAddress(peer)): Extension<PeerAddress>,
    Extension(source): Extension<Source>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return not_websocket();
    };
    let config = &shared.config;
    if !origin::may_connect(&headers, &config.allow_origin, config.allow_loopback) {
        debug!("refused a page of another origin: --allow-origin says which may connect");
        return refusal(
            StatusCode::FORBIDDEN,
            ErrorCode::NotAllowed,
            "pages of this origin may not connect here",
        );
    }
    // A connection of one visitor was counted when it was accepted; a proxy's may be anybody's.
    let is_proxied = shared.config.trusted_proxies.contain(peer);
    if is_proxied && !source.admits(&[(Kind::Connection, 1)]) {
        return too_much();
    }
    let upgrade = upgrade
        .read_buffer_size(limits::SOCKET_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * limits::MESSAGE_BYTES)
        .max_message_size(config.limits.message_bytes)
        .max_frame_size(config.limits.message_bytes);
    let Some(slot) = shared.sockets.admit(source.address) else {
        debug!("refused a WebSocket: its address, or the server, has too many");
        return upgrade.on_upgrade(socket::turn_away);
    };
    upgrade.on_upgrade(move |socket| async move {
        let (bounds, closing) = ((&shared.config.limits, &shared.backlog), shared.closing.clone());
        socket::attend(socket, &shared.exchange, bounds, source, closing).await;
        drop(slot);
    })
}

async fn config(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match serde_json::to_vec(&shared.config.page()) {
        Ok(json) => {
            let etag = format!("\"{}\"", &blake3::hash(&json).to_hex()[..32]);
            conditional(&headers, &etag, "no-cache", || json_body(json))
        }
        Err(cause) => failed(&cause),
    }
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    #[derive(serde::Serialize)]
    struct Health {
        status: &'static str,
        version: &'static str,
        #[serde(flatten)]
        counts: super::exchange::Counts,
    }
    let counts = shared.exchange.counts();
    let health = Health { status: "ok", version: env!("CARGO_PKG_VERSION"), counts };
    match serde_json::to_vec(&health) {
        Ok(json) => {
            let mut response = json_body(json);
            insert(&mut response, header::CACHE_CONTROL, "no-store");
            response
        }
        Err(cause) => failed(&cause),
    }
}

async fn page(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return not_allowed();
    }
    let Ok(path) = percent_decode_str(uri.path()).decode_utf8() else {
        return words(StatusCode::NOT_FOUND, NotServed::NotFound);
    };
    let name = match path.trim_start_matches('/') {
        "" if path == "/" => "index.html",
        name if path.len() == name.len() + 1 => name,
        _ => return words(StatusCode::NOT_FOUND, NotServed::NotFound),
    };
    let (page, name) = (Arc::clone(&shared.page), name.to_owned());
    let accepted = Encoding::accepted(&headers);
    let found = tokio::task::spawn_blocking(move || page.find(&name, &accepted)).await;
    match found {
        Ok(Ok(found)) => file(&headers, found),
        Ok(Err(absence @ NotServed::NotFound)) => words(StatusCode::NOT_FOUND, absence),
        Ok(Err(absence @ NotServed::NotBuilt)) => words(StatusCode::SERVICE_UNAVAILABLE, absence),
        Err(cause) => failed(&cause),
    }
}

fn file(request: &HeaderMap, found: Representation) -> Response {
    let cache = if found.asset.immutable { FOR_EVER } else { "no-cache" };
    let mut response = conditional(request, &found.etag, cache, || {
        let mut response = Body::from(found.body).into_response();
        insert(&mut response, header::CONTENT_TYPE, &found.asset.media_type);
        if let Some(encoding) = found.encoding {
            insert(&mut response, header::CONTENT_ENCODING, encoding.token());
        }
        response
    });
    insert(&mut response, header::VARY, "accept-encoding");
    response
}

/// An answer with an ETag, or "unchanged" if the request already has what it names.
fn conditional(
    request: &HeaderMap,
    etag: &str,
    cache: &str,
    body: impl FnOnce() -> Response,
) -> Response {
    let known = request.get_all(header::IF_NONE_MATCH);
    let mut known =
        known.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    let unchanged = known.any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    });
    let mut response = if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { body() };
    insert(&mut response, header::ETAG, etag);
    insert(&mut response, header::CACHE_CONTROL, cache);
    response
}

fn json_body(json: Vec<u8>) -> Response {
    let mut response = Body::from(Bytes::from(json)).into_response();
    insert(&mut response, header::CONTENT_TYPE, "application/json");
    response
}

/// A refusal, in the one shape that all of them have.
fn refusal(status: StatusCode, code: ErrorCode, words: &str) -> Response {
    let message = ServerMessage::Error { code, message: words.to_owned() };
    let mut response = (status, json_body(message.encode().into_bytes())).into_response();
    insert(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// As cheap as can be, and the last answer of its connection: the next one has to wait for a slot.
fn too_much() -> Response {
    let mut response = refusal(
        StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::TooManyMessages,
        &Ending::TooMuchOfAll.to_string(),
    );
    insert(&mut response, header::RETRY_AFTER, "10");
    insert(&mut response, header::CONNECTION, "close");
    shield(&mut response, NO_PAGE);
    response
}

/// What a visitor reads who comes to an address without a page.
fn words(status: StatusCode, text: impl core::fmt::Display) -> Response {
    let mut response = (status, format!("{text}\n")).into_response();
    insert(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// Says which version is spoken, too (RFC 6455 §4.2.2).
fn not_websocket() -> Response {
    let words = "this address speaks WebSocket only, version 13";
    let mut response = refusal(StatusCode::UPGRADE_REQUIRED, ErrorCode::NotWebSocket, words);
    insert(&mut response, header::UPGRADE, "websocket");
    insert(&mut response, header::SEC_WEBSOCKET_VERSION, "13");
    response
}

fn not_allowed() -> Response {
    let mut response = refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::NotAllowed,
        "this address can only be read: GET or HEAD",
    );
    insert(&mut response, header::ALLOW, "GET, HEAD");
    response
}

fn failed(cause: &dyn core::error::Error) -> Response {
    error!("cannot answer a request: {cause}");
    refusal(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Failed, "the server failed")
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}
