package signage

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// NewSecret returns 256 random bits as 43 characters that pass through addresses, headers and shells as they are. What
// is stored is its [HashSecret].
func NewSecret() string {
	var random [32]byte
	rand.Read(random[:])
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// HashSecret returns the form in which a secret made by [NewSecret] is stored and looked up: its SHA-256 in 64
// hexadecimal digits. A slow hash would add nothing to 256 random bits; a password needs [HashPassword].
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// The cost of a password hash: the second choice that RFC 9106 and OWASP give for small machines. 19 MiB keeps a
// Raspberry Pi small; each hash stores its cost, so that a later version can raise it.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2
	hashThreads = 1
	hashSalt    = 16 // bytes
	hashLength  = 32 // bytes
)

// HashPassword returns the Argon2id hash (RFC 9106) of a password with its cost and salt, its parts set apart by
// colons: a dollar sign, as in other spellings of such hashes, is eaten by .env files.
func HashPassword(password string) string {
	salt := make([]byte, hashSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("argon2id:%d:%d:%d:%s:%s", hashMemory, hashTime, hashThreads, encode(salt), encode(key))
}

// VerifyPassword reports whether a password is the one that was hashed. It takes as long for the empty hash, which no
// password has, so that an unknown user cannot be told from a wrong password.
func VerifyPassword(hash, password string) bool {
	cost, salt, key, ok := parseHash(hash)
	if !ok {
		cost, salt, key = [3]uint32{hashMemory, hashTime, hashThreads}, make([]byte, hashSalt), make([]byte, hashLength)
	}
	got := argon2.IDKey([]byte(password), salt, cost[1], cost[0], uint8(cost[2]), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1 && ok
}

// parseHash reads what HashPassword wrote, bounding the work that a hash can ask for.
func parseHash(hash string) (cost [3]uint32, salt, key []byte, ok bool) {
	parts := strings.Split(hash, ":")
	if len(parts) != 6 || parts[0] != "argon2id" {
		return cost, nil, nil, false
	}
	most := [3]uint32{1 << 18, 16, 16}
	for i := range cost {
		if _, err := fmt.Sscanf(parts[1+i], "%d", &cost[i]); err != nil || cost[i] == 0 || cost[i] > most[i] {
			return cost, nil, nil, false
		}
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	ok = errSalt == nil && errKey == nil && len(salt) >= 8 && len(salt) <= 64 && len(key) >= 16 && len(key) <= 64
	return cost, salt, key, ok
}
