//! Asks a server what it is, and for songs.

#[allow(clippy::all, rustdoc::all)]
pub mod applemusic {
    include!("../gen/applemusic/v1/applemusic.v1.rs");
}

use applemusic::catalog_service_client::CatalogServiceClient;
use applemusic::server_service_client::ServerServiceClient;
use applemusic::{GetServerInfoRequest, GetSongRequest, SearchRequest};
use tonic::transport::Endpoint;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:50051".into());
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;

    let mut server = ServerServiceClient::new(channel.clone());
    let info = server.get_server_info(GetServerInfoRequest::default()).await?.into_inner();
    println!("server {}", info.server_version);

    let mut catalog = CatalogServiceClient::new(channel);
    let request = SearchRequest { term: "interlude".into(), page_size: 3, ..Default::default() };
    for song in catalog.search(request).await?.into_inner().songs {
        println!("song {} by {}", song.name, song.artist_name);
    }

    let request = GetSongRequest { id: "1".into(), ..Default::default() };
    let refused = catalog.get_song(request).await.expect_err("there is no such song");
    println!("error {:?}: {}", refused.code(), refused.message());
    Ok(())
}
