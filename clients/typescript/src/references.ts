/** Naming resources in requests. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  ResourceType,
  type Album,
  type Artist,
  type Curator,
  type Genre,
  type MusicVideo,
  type Playlist,
  type PlaylistFolder,
  type RecordLabel,
  type ResourceRefSchema,
  type Song,
  type Station,
} from "./gen/v1.js";

/** Any resource. */
export type AnyResource =
  | Song
  | Album
  | Artist
  | Playlist
  | Station
  | MusicVideo
  | Genre
  | Curator
  | RecordLabel
  | PlaylistFolder;

/** A reference: `{ type: ResourceType.SONG, id: "1440857781" }`. */
export type Reference = Readonly<MessageInitShape<typeof ResourceRefSchema>>;

/** A resource, or a reference to one. */
export type Referable = AnyResource | Reference;

const TYPES: Readonly<Record<AnyResource["$typeName"], ResourceType>> = {
  "applemusic.v1.Song": ResourceType.SONG,
  "applemusic.v1.Album": ResourceType.ALBUM,
  "applemusic.v1.Artist": ResourceType.ARTIST,
  "applemusic.v1.Playlist": ResourceType.PLAYLIST,
  "applemusic.v1.Station": ResourceType.STATION,
  "applemusic.v1.MusicVideo": ResourceType.MUSIC_VIDEO,
  "applemusic.v1.Genre": ResourceType.GENRE,
  "applemusic.v1.Curator": ResourceType.CURATOR,
  "applemusic.v1.RecordLabel": ResourceType.RECORD_LABEL,
  "applemusic.v1.PlaylistFolder": ResourceType.PLAYLIST_FOLDER,
};

/** Returns a reference to a resource; a reference stays as it is. */
export function reference(item: Referable): { type: ResourceType; id: string; name: string } {
  const type =
    item.$typeName !== undefined && item.$typeName !== "applemusic.v1.ResourceRef"
      ? TYPES[item.$typeName]
      : item.type;
  return { type: type ?? ResourceType.UNSPECIFIED, id: item.id ?? "", name: item.name ?? "" };
}

/** Returns references to resources, in order. */
export function references(items: Iterable<Referable>): ReturnType<typeof reference>[] {
  return Array.from(items, reference);
}
