package applemusic

import "google.golang.org/grpc/codes"

// Advice is what a player does about an error: the table of docs/errors.md.
type Advice string

const (
	// AdviceRetry means: the same call again, after RetryAfter, else with back-off; streams go on by offset.
	AdviceRetry Advice = "RETRY"
	// AdviceRestart means: again from its beginning: the song, the list, the sync, the sign-in.
	AdviceRestart Advice = "RESTART"
	// AdviceSkip means: go on with the next item; this one will not come.
	AdviceSkip Advice = "SKIP"
	// AdviceSignIn means: stop, and have the person sign in.
	AdviceSignIn Advice = "SIGN_IN"
	// AdviceTell means: stop, and show the message: the person or the operator has to do something first.
	AdviceTell Advice = "TELL"
	// AdviceReport means: do not repeat it as it is: the program, the versions or the server are at fault.
	AdviceReport Advice = "REPORT"
)

// Advice says what to do next: by the reason or, where there is none or a later version's, by the code.
func (e *Error) Advice() Advice {
	if advice, ok := adviceByReason[e.Reason]; ok {
		return advice
	}
	if advice, ok := adviceByCode[e.Code]; ok {
		return advice
	}
	return AdviceReport
}

var adviceByReason = reasonsByAdvice(map[Advice][]Reason{
	AdviceRetry: {
		ErrUpstreamUnavailable,
		ErrUpstreamTimeout,
		ErrUpstreamThrottled,
		ErrUpstreamListTruncated,
		ErrStreamLimitReached,
		ErrServerBusy,
		ErrServerDraining,
		ErrStorageUnavailable,
	},
	AdviceRestart: {
		ErrMediaChanged,
		ErrInvalidPageToken,
		ErrSyncTokenInvalid,
		ErrSignInNotFound,
		ErrSignInExpired,
	},
	AdviceSkip: {
		ErrResourceNotFound,
		ErrLyricsNotFound,
		ErrStationWithoutTracks,
		ErrStationNotLive,
		ErrPlaylistNotEditable,
		ErrContentWithdrawn,
		ErrContentUnavailable,
		ErrContentRestricted,
		ErrContentGeoBlocked,
		ErrRenditionNotFound,
		ErrLiveStationProtected,
		ErrOffsetOutOfRange,
		ErrLicenseRefused,
		ErrDecryptionKeyWrong,
		ErrMediaMalformed,
		ErrMediaTruncated,
		ErrUpstreamRefused,
		ErrUpstreamAddressRefused,
		ErrUpstreamResponseInvalid,
		ErrUnsupportedURL,
	},
	AdviceSignIn: {
		ErrAccountRequired,
		ErrAccountNotFound,
		ErrMusicUserTokenRejected,
		ErrMusicUserTokenExpired,
		ErrMusicUserTokenTeamMismatch,
		ErrMusicUserTokenInUse,
		ErrRenewalRefused,
	},
	AdviceTell: {
		ErrSubscriptionRequired,
		ErrAnotherDevicePlaying,
		ErrDeviceLimitReached,
		ErrWidevineDeviceMissing,
		ErrWidevineDeviceRejected,
		ErrDeveloperTokenMissing,
		ErrDeveloperTokenRejected,
		ErrDeveloperTokenExpired,
		ErrAccessTokenMissing,
		ErrAccessTokenInvalid,
		ErrAccessDenied,
		ErrStorageKeyMismatch,
	},
	AdviceReport: {
		ErrInvalidField,
		ErrMalformedMessage,
		ErrNotYetImplemented,
		ErrCapabilityRefused,
		ErrContainerNotSupported,
		ErrInternal,
	},
})

func reasonsByAdvice(listed map[Advice][]Reason) map[string]Advice {
	found := map[string]Advice{}
	for advice, reasons := range listed {
		for _, reason := range reasons {
			found[reason.Error()] = advice
		}
	}
	return found
}

var adviceByCode = map[codes.Code]Advice{
	codes.Unavailable:        AdviceRetry,
	codes.ResourceExhausted:  AdviceRetry,
	codes.DeadlineExceeded:   AdviceRetry,
	codes.Aborted:            AdviceRestart,
	codes.NotFound:           AdviceSkip,
	codes.OutOfRange:         AdviceSkip,
	codes.DataLoss:           AdviceSkip,
	codes.Unauthenticated:    AdviceSignIn,
	codes.PermissionDenied:   AdviceTell,
	codes.FailedPrecondition: AdviceTell,
}
