//! Where Redis is: `redis://`, `rediss://` (TLS), `unix://`, and `redis+sentinel://` or `rediss+sentinel://`.

use super::dial::{Dial, connect};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    ProtocolVersion, RedisConnectionInfo, RedisError, TlsMode,
    aio::MultiplexedConnection,
    io::tcp::TcpSettings,
    sentinel::{SentinelClientBuilder, SentinelServerType},
};
use std::{fmt, sync::Arc, time::Duration};

/// A connection on which nothing was acknowledged for so long is given up by the kernel.
const SILENCE: Duration = Duration::from_secs(10);

/// Where Sentinels listen.
const SENTINEL_PORT: &str = ":26379";

/// The forms, for messages.
const FORMS: &str = "redis://[user:password@]host[:6379][/database], rediss://… for TLS, \
    unix:///path/to/socket, or redis+sentinel://[user:password@]host[:26379][,host…]/service[/database]";

/// The address of a Redis; its [`Display`](fmt::Display) form has no password.
#[derive(Clone, Debug)]
pub struct Address {
    place: Place,
    /// User, password and database.
    settings: RedisConnectionInfo,
    shown: String,
}

#[derive(Clone, Debug)]
enum Place {
    Server(ConnectionInfo),
    /// These know which server is the master of the service.
    Sentinels {
        nodes: Vec<ConnectionAddr>,
        service: String,
        tls: bool,
    },
    /// The caller makes the connections.
    Dialled(Arc<dyn Dial>),
}

impl Address {
    /// Reads a URL. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| {
            format!("this is no URL of a Redis, such as redis://127.0.0.1:6379 ({FORMS})")
        })?;
        let shown = format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, rest)| rest));
        let shown = shown.split(['?', '#']).next().unwrap_or_default().to_owned();
        if let Some(plain) = scheme.strip_suffix("+sentinel") {
            return Self::sentinels(plain, rest, shown);
        }
        let info = info(text)?;
        let settings = info.redis_settings().clone();
        Ok(Self { place: Place::Server(info), settings, shown })
    }

    /// A server to which the caller makes the connections; `shown` is its name in messages.
    pub fn dialled(dial: Arc<dyn Dial>, shown: &str) -> Self {
        let settings = RedisConnectionInfo::default();
        Self { place: Place::Dialled(dial), settings, shown: shown.to_owned() }
    }

    fn sentinels(scheme: &str, rest: &str, shown: String) -> Result<Self, String> {
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            other => return Err(format!("`{other}+sentinel` is no scheme; {FORMS}")),
        };
        let (login, rest) = rest.rsplit_once('@').map_or(("", rest), |(login, rest)| (login, rest));
        let mut parts = rest.split('/');
        let hosts = parts.next().unwrap_or_default();
        let service = parts.next().unwrap_or_default();
        if service.is_empty() {
            return Err(format!("the name of the service is missing after the hosts; {FORMS}"));
        }
        let login = if login.is_empty() { String::new() } else { format!("{login}@") };
        let settings = info(&format!("redis://{login}none/{}", parts.next().unwrap_or("0")))?;
        let nodes = hosts.split(',').map(|host| {
            let port = if host.ends_with(']') || !host.contains(':') { SENTINEL_PORT } else { "" };
            info(&format!("{scheme}://{host}{port}")).map(|info| info.addr().clone())
        });
        let nodes = nodes.collect::<Result<_, _>>()?;
        let service = service.to_owned();
        let place = Place::Sentinels { nodes, service, tls };
        Ok(Self { place, settings: settings.redis_settings().clone(), shown })
    }

    /// Connects to the server that is the master now. The protocol's third version brings what is
    /// published over the connection that also takes commands.
    pub(super) async fn connect(
        &self,
        protocol: ProtocolVersion,
        config: &AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, RedisError> {
        let settings = self.settings.clone().set_protocol(protocol);
        let client = match &self.place {
            Place::Server(info) => {
                let info = info.clone().set_redis_settings(settings);
                Client::open(info.set_tcp_settings(tcp()))?
            }
            Place::Dialled(dial) => return connect(&**dial, &settings, config.clone()).await,
            Place::Sentinels { nodes, service, tls } => {
                let mut builder = SentinelClientBuilder::new(
                    nodes.iter().cloned(),
                    service,
                    SentinelServerType::Master,
                )?
                .set_client_to_redis_protocol(protocol)
                .set_client_to_redis_tcp_settings(tcp())
                .set_client_to_redis_db(self.settings.db());
                if let Some(user) = self.settings.username() {
                    builder = builder.set_client_to_redis_username(user);
                }
                if let Some(password) = self.settings.password() {
                    builder = builder.set_client_to_redis_password(password);
                }
                if *tls {
                    builder = builder
                        .set_client_to_redis_tls_mode(TlsMode::Secure)
                        .set_client_to_sentinel_tls_mode(TlsMode::Secure);
                }
                builder.build()?.async_get_client().await?
            }
        };
        client.get_multiplexed_async_connection_with_config(config).await
    }

    /// A number made by chance, as far as there is any.
    pub(super) fn chance(&self) -> u32 {
        match &self.place {
            Place::Dialled(dial) => dial.chance(),
            // Without chance pauses are whole.
            Place::Server(_) | Place::Sentinels { .. } => getrandom::u32().unwrap_or(0),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true).set_user_timeout(SILENCE)
}

fn info(url: &str) -> Result<ConnectionInfo, String> {
    url.into_connection_info().map_err(|error| {
        let what = error.detail().map_or_else(|| error.to_string(), str::to_owned);
        format!("this is no URL of a Redis: {what}; {FORMS}")
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_password() {
        for (url, shown) in [
            ("redis://127.0.0.1", "redis://127.0.0.1"),
            ("redis://:secret@cache:6380/2", "redis://cache:6380/2"),
            ("rediss://ada:se%40cret@cache.example:6380", "rediss://cache.example:6380"),
            ("unix:///run/redis.sock?db=3&pass=secret", "unix:///run/redis.sock"),
            (
                "redis+sentinel://:secret@a,b:5000,[::1]/judge/1",
                "redis+sentinel://a,b:5000,[::1]/judge/1",
            ),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.to_string(), shown);
        }
    }

    #[test]
    fn a_url_says_everything() {
        let address = Address::parse("rediss://ada:se%40cret@cache.example/4").unwrap();
        assert_eq!(address.settings.username(), Some("ada"));
        assert_eq!(address.settings.password(), Some("se@cret"));
        assert_eq!(address.settings.db(), 4);
        let Place::Server(info) = &address.place else { panic!("{address:?}") };
        let expected = ConnectionAddr::TcpTls {
            host: "cache.example".into(),
            port: 6379,
            insecure: false,
            tls_params: None,
        };
        assert_eq!(info.addr(), &expected);

        let address = Address::parse("redis+sentinel://:pw@a,b:5000,[::1]/judge/1").unwrap();
        assert_eq!((address.settings.password(), address.settings.db()), (Some("pw"), 1));
        let Place::Sentinels { nodes, service, tls } = &address.place else {
            panic!("{address:?}")
        };
        let expected = [("a", 26379), ("b", 5000), ("::1", 26379)];
        let expected = expected.map(|(host, port)| ConnectionAddr::Tcp(host.into(), port));
        assert_eq!((nodes.as_slice(), service.as_str(), *tls), (&expected[..], "judge", false));
    }

    #[test]
    fn mistakes_say_how_to_mend_them() {
        for url in [
            "",
            "localhost:6379",
            "http://localhost",
            "redis://",
            "redis://host/db",
            "redis://host:port",
            "redis+sentinel://a,b",
            "redis+sentinel://a:x/judge",
            "unix+sentinel://a/judge",
        ] {
            let mistake = Address::parse(url).unwrap_err();
            assert!(mistake.contains("redis://[user:password@]host"), "{url}: {mistake}");
        }
    }
}
