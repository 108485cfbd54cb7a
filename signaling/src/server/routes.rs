//! What is answered at which address, and the headers that are on every answer.
//!
//! `/signal` is the WebSocket, `/config.json` the page's configuration, `/healthz` the counts;
//! every other address is a file of the page. There is no CORS: other origins get nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use percent_encoding::percent_decode_str;
use protocol::limits;
use tracing::{error, info};

use super::{PeerAddress, Shared, origin, socket};
use crate::page::encoding::Encoding;
use crate::page::policy::policy;
use crate::page::{NotServed, Representation};

/// How long a browser may keep a file whose name changes with its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// All addresses of the server.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/signal", get(signal))
        .route("/config.json", get(config))
        .route("/healthz", get(health))
        .fallback(page)
        .method_not_allowed_fallback(|| async { not_allowed() })
        .layer(from_fn_with_state(Arc::clone(&shared), protect))
        .with_state(shared)
}

/// Puts the protecting headers on an answer, whatever it is.
async fn protect(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let host = origin::host(request.headers()).map(str::to_owned);
    let mut response = next.run(request).await;
    let page = Arc::clone(&shared.page);
    let inline = tokio::task::spawn_blocking(move || page.inline_hashes()).await;
    let connect = shared.config.connect.iter().map(origin::Origin::as_str);
    let policy = policy(&inline.unwrap_or_default(), host.as_deref(), connect);
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff"),
        (header::REFERRER_POLICY.as_str(), "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn signal(
    State(shared): State<Arc<Shared>>,
    Extension(PeerAddress(address)): Extension<PeerAddress>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return words(StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket only.");
    };
    let config = &shared.config;
    if !origin::may_connect(&headers, &config.allow_origin, config.allow_loopback) {
        info!("refused a page of another origin");
        return words(
            StatusCode::FORBIDDEN,
            "Pages of this origin may not connect here; --allow-origin of the server says which.",
        );
    }
    let upgrade = upgrade
        .read_buffer_size(limits::SOCKET_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * limits::MESSAGE_BYTES)
        .max_message_size(config.limits.message_bytes)
        .max_frame_size(config.limits.message_bytes);
    let Some(slot) = shared.sockets.admit(address) else {
        info!("refused a WebSocket: its address, or the server, has too many");
        return upgrade.on_upgrade(socket::turn_away);
    };
    upgrade.on_upgrade(move |socket| async move {
        let (limits, closing) = (shared.config.limits, shared.closing.clone());
        socket::attend(socket, &shared.exchange, &limits, closing).await;
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

fn words(status: StatusCode, text: impl core::fmt::Display) -> Response {
    let mut response = (status, format!("{text}\n")).into_response();
    insert(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

fn not_allowed() -> Response {
    let mut response =
        words(StatusCode::METHOD_NOT_ALLOWED, "This address can only be read: GET or HEAD.");
    insert(&mut response, header::ALLOW, "GET, HEAD");
    response
}

fn failed(cause: &dyn core::error::Error) -> Response {
    error!("cannot answer a request: {cause}");
    words(StatusCode::INTERNAL_SERVER_ERROR, "The server failed. Its log says how.")
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}
