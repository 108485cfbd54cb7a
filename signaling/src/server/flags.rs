//! The command line: the configuration, and what concerns the process alone.

use clap::Parser;

use super::config::Config;

/// Introduces browsers to each other, and serves them the page of Confab.
///
/// Every flag can be given as the environment variable named beside it; the flag wins.
#[derive(Clone, Debug, Parser)]
#[command(name = "signaling", version)]
pub struct Flags {
    /// Address and port to listen on. Port 0 takes any free port.
    #[arg(long, env = "CONFAB_LISTEN", default_value = "127.0.0.1:8787")]
    pub listen: String,

    /// What to log on stderr: error, warn, info, debug, or a tracing filter.
    #[arg(long, env = "CONFAB_LOG", default_value = "info")]
    pub log: String,

    #[command(flatten)]
    #[expect(missing_docs, reason = "its text would replace that of the command in --help")]
    pub config: Config,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::Pace;

    #[test]
    fn every_flag_has_words_and_the_environment_variable_of_its_name() {
        let command = Flags::command();
        let flags: Vec<_> = command.get_arguments().collect();
        assert!(flags.len() >= 40, "every field of the configuration is a flag");
        for flag in flags {
            let long = flag.get_long().expect("a long flag");
            let variable = format!("CONFAB_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(flag.get_env().and_then(|env| env.to_str()), Some(variable.as_str()));
            assert!(flag.get_help().is_some_and(|help| help.to_string().len() > 20), "{long}");
        }
    }

    #[test]
    fn without_flags_the_defaults_hold() {
        let flags = Flags::try_parse_from(["signaling"]).unwrap();
        assert_eq!(flags.config, Config::default());
        assert_eq!(flags.listen, "127.0.0.1:8787");
    }

    #[test]
    fn flags_reach_the_configuration() {
        let flags = Flags::try_parse_from([
            "signaling",
            "--ice-servers=stun:stun.example",
            "--connect=wss://a.example,ws://127.0.0.1:9",
            "--allow-origin=https://b.example",
            "--ping-every=0.25",
            "--members-per-room=3",
            "--prefix-joins=7/9",
            "--trusted-proxies=10.0.0.0/8",
        ])
        .unwrap();
        assert_eq!(flags.config.ice_servers.0.len(), 1);
        assert_eq!(flags.config.page().connect, ["wss://a.example", "ws://127.0.0.1:9"]);
        assert_eq!(flags.config.limits.ping_every.0.as_millis(), 250);
        assert_eq!(flags.config.limits.members_per_room, 3);
        assert_eq!(flags.config.sources.prefix_joins, Pace { per_second: 7, burst: 9 });
        assert!(flags.config.trusted_proxies.contain("10.1.2.3".parse().unwrap()));
    }

    #[test]
    fn a_wrong_flag_is_refused_in_words() {
        for (flag, word) in [
            ("--connect=https://a.example", "wss://"),
            ("--allow-origin=a.example", "https://"),
            ("--ice-servers=turn:a.example", "password"),
            ("--ping-every=never", "seconds"),
            ("--address-joins=many", "20/400"),
            ("--trusted-proxies=everybody", "10.0.0.0/8"),
            ("--tls-cert=a.pem", "--tls-key"),
            ("--turn-secret=guess", "16 characters"),
            ("--turn-urls=stun:a.example", "turns:"),
        ] {
            let error = Flags::try_parse_from(["signaling", flag]).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
