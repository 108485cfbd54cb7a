//! Chromium and Firefox: where their drivers are, and how each is started quiet, headless and on
//! a profile folder that outlives it.

use crate::process::Process;
use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use thirtyfour::Capabilities;

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Chromium, or Chrome.
    Chromium,
    /// Firefox.
    Firefox,
}

/// A driver process, and where it listens.
pub struct Driver {
    /// Its address.
    pub url: String,
    process: Process,
}

impl Driver {
    /// Starts the browser's driver on a free port.
    pub fn start(browser: Browser, log: &Path) -> Result<Self> {
        // It takes a port that is free of one family of addresses and may find the other taken.
        Self::try_start(browser, log).or_else(|_| Self::try_start(browser, log))
    }

    fn try_start(browser: Browser, log: &Path) -> Result<Self> {
        let mut command = Command::new(browser.driver()?);
        match browser {
            Browser::Chromium => command.arg("--port=0"),
            Browser::Firefox => {
                command.args(["--port", "0", "--websocket-port", "0", "--allow-system-access"])
            }
        };
        let mut process = Process::start(command, log)?;
        let port = process.wait_for(|line| {
            let line = line.trim_end().trim_end_matches('.');
            let rest = match browser {
                Browser::Chromium => line.split_once("started successfully on port ")?.1,
                Browser::Firefox => line.split_once("Listening on ")?.1.rsplit_once(':')?.1,
            };
            rest.parse::<u16>().ok()
        })?;
        Ok(Self { url: format!("http://127.0.0.1:{port}"), process })
    }

    /// What the driver, and a Firefox behind it, have printed.
    pub fn printed(&self) -> String {
        self.process.printed()
    }
}

impl Browser {
    /// The capabilities of a session on this profile folder, speaking this language.
    pub fn capabilities(self, profile: &Path, language: &str) -> Result<Capabilities> {
        let profile = profile.to_str().context("the profile's path is not UTF-8")?;
        let wanted = match self {
            Self::Chromium => chromium(profile, language),
            Self::Firefox => firefox(profile, language),
        };
        let Value::Object(wanted) = wanted else { return Err(anyhow!("not an object")) };
        Ok(Capabilities::from(wanted))
    }

    /// The capability that holds the browser's process id.
    pub fn process_capability(self) -> &'static str {
        match self {
            Self::Chromium => "goog:processID",
            Self::Firefox => "moz:processID",
        }
    }

    fn driver(self) -> Result<PathBuf> {
        let (variable, program) = match self {
            Self::Chromium => ("CONFAB_CHROMEDRIVER", "chromedriver"),
            Self::Firefox => ("CONFAB_GECKODRIVER", "geckodriver"),
        };
        if let Some(path) = env::var_os(variable) {
            return Ok(PathBuf::from(path));
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path)
            .chain([PathBuf::from("/usr/bin")])
            .map(|folder| folder.join(program))
            .find(|file| file.is_file());
        found.with_context(|| format!("no {program} is on the PATH: run `cargo xtask setup`"))
    }
}

fn chromium(profile: &str, language: &str) -> Value {
    json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--disable-sync",
                // Without a screen it would take itself for something that has no mouse.
                "--blink-settings=primaryHoverType=2,availableHoverTypes=2",
                "--window-size=1100,800",
                format!("--lang={language}"),
                format!("--accept-lang={language}"),
                format!("--user-data-dir={profile}"),
            ],
            // Nobody is there to be asked.
            "prefs": { "profile.default_content_setting_values.notifications": 1 },
        },
    })
}

fn firefox(profile: &str, language: &str) -> Value {
    json!({
        "browserName": "firefox",
        "moz:firefoxOptions": {
            "args": ["-headless", "-profile", profile],
            "prefs": {
                "app.normandy.enabled": false,
                "app.update.enabled": false,
                "browser.region.network.url": "",
                "browser.safebrowsing.downloads.remote.enabled": false,
                "browser.topsites.contile.enabled": false,
                "datareporting.policy.dataSubmissionEnabled": false,
                "devtools.console.stdout.chrome": false,
                "devtools.console.stdout.content": true,
                "extensions.getAddons.cache.enabled": false,
                "intl.accept_languages": language,
                "media.gmp-manager.updateEnabled": false,
                "network.captive-portal-service.enabled": false,
                "network.connectivity-service.enabled": false,
                "permissions.default.desktop-notification": 1,
                "toolkit.telemetry.enabled": false,
                // A mouse: fine, and it can hover.
                "ui.allPointerCapabilities": 6,
                "ui.primaryPointerCapabilities": 6,
            },
        },
    })
}
