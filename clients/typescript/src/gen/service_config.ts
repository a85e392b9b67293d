// Generated. Do not edit: `make gen` writes it.
export const SERVICE_CONFIG = {
  "methodConfig": [
    {
      "name": [
        {
          "service": "applemusic.v1.CatalogService"
        },
        {
          "service": "applemusic.v1.RecommendationService"
        },
        {
          "service": "applemusic.v1.ServerService"
        },
        {
          "service": "applemusic.v1.FavoritesService"
        },
        {
          "service": "applemusic.v1.LibraryService"
        },
        {
          "service": "applemusic.v1.RadioService"
        }
      ],
      "timeout": "60s",
      "retryPolicy": {
        "maxAttempts": 4,
        "initialBackoff": "0.2s",
        "maxBackoff": "5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": [
          "UNAVAILABLE",
          "CANCELLED"
        ]
      }
    },
    {
      "name": [
        {
          "service": "applemusic.v1.AuthService",
          "method": "ListAccounts"
        },
        {
          "service": "applemusic.v1.AuthService",
          "method": "GetAccount"
        },
        {
          "service": "applemusic.v1.AuthService",
          "method": "SubmitMusicUserToken"
        },
        {
          "service": "applemusic.v1.AuthService",
          "method": "SignOut"
        },
        {
          "service": "applemusic.v1.AudioService",
          "method": "PrepareAudio"
        },
        {
          "service": "applemusic.v1.AudioService",
          "method": "ListPreparedAudio"
        }
      ],
      "timeout": "60s",
      "retryPolicy": {
        "maxAttempts": 4,
        "initialBackoff": "0.2s",
        "maxBackoff": "5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": [
          "UNAVAILABLE",
          "CANCELLED"
        ]
      }
    },
    {
      "name": [
        {
          "service": "applemusic.v1.LibraryService",
          "method": "SyncLibrary"
        },
        {
          "service": "applemusic.v1.AudioService",
          "method": "AudioStream"
        },
        {
          "service": "applemusic.v1.AuthService",
          "method": "WatchAccounts"
        },
        {
          "service": "applemusic.v1.AuthService",
          "method": "WatchSignIn"
        }
      ]
    },
    {
      "name": [
        {
          "service": "applemusic.v1.LibraryService",
          "method": "CreatePlaylist"
        },
        {
          "service": "applemusic.v1.LibraryService",
          "method": "CreatePlaylistFolder"
        },
        {
          "service": "applemusic.v1.LibraryService",
          "method": "AddPlaylistTracks"
        },
        {
          "service": "applemusic.v1.LibraryService",
          "method": "RemovePlaylistTracks"
        },
        {
          "service": "applemusic.v1.LibraryService",
          "method": "MovePlaylistTracks"
        }
      ],
      "timeout": "60s"
    }
  ]
} as const;
