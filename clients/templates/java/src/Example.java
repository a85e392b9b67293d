import dev.applemusicgrpc.v1.CatalogServiceGrpc;
import dev.applemusicgrpc.v1.GetServerInfoRequest;
import dev.applemusicgrpc.v1.GetSongRequest;
import dev.applemusicgrpc.v1.SearchRequest;
import dev.applemusicgrpc.v1.ServerServiceGrpc;
import dev.applemusicgrpc.v1.Song;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;

/** Asks a server what it is, and for songs. */
public final class Example {
  private Example() {}

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "127.0.0.1:50051";
    ManagedChannel channel =
        Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
    try {
      var server = ServerServiceGrpc.newBlockingStub(channel);
      var info = server.getServerInfo(GetServerInfoRequest.getDefaultInstance());
      System.out.println("server " + info.getServerVersion());

      var catalog = CatalogServiceGrpc.newBlockingStub(channel);
      var request = SearchRequest.newBuilder().setTerm("interlude").setPageSize(3).build();
      for (Song song : catalog.search(request).getSongsList()) {
        System.out.println("song " + song.getName() + " by " + song.getArtistName());
      }

      try {
        catalog.getSong(GetSongRequest.newBuilder().setId("1").build());
      } catch (StatusRuntimeException refused) {
        var status = refused.getStatus();
        System.out.println("error " + status.getCode() + ": " + status.getDescription());
      }
    } finally {
      channel.shutdownNow();
    }
  }
}
