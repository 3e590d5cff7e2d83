(* SPDX-License-Identifier: BSL-1.0 *)
(** The buffer of a channel: push is a single step of a bounded FIFO, without the lock or under it.

    Linearization points: those of mpmc_ring. "barred" tells nothing, and is never answered to the holder of the lock while pushes
    are not barred. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_var.
From iris.unstable.base_logic Require Import mono_list.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan_ring.

Section push.
  Context `{!heapGS Σ, !chan_ringG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (r : buffer) (h t i k : nat) (xs vs : list val) (m p q x odd : bool) (u : option nat * bool).
  Local Notation place := (place n lap).
  Local Notation word := (word n lap).
  Local Notation ring_inv := (ring_inv n lap).
  Local Notation shape := (shape n lap).
  Local Notation slot := (slot n lap).
  Local Notation ring_value := (ring_value n lap).

  (** what the holder of the lock brings along, if it is one *)
  Definition holds_tail r (o : option (option nat * bool)) : iProp Σ := if o is Some u then pushes_barred r u else True.
  Definition may_be_barred (o : option (option nat * bool)) : Prop := ∀ u, o = Some u → u.1 ≠ None.
  Lemma mark_seen r o t m p :
    holds_tail r o -∗ pushes_barred r (if p then Some t else None, m) -∗ ⌜p = true → may_be_barred o⌝.
  Proof.
    iIntros "H Hp". destruct o as [u|]; last by iPureIntro.
    iDestruct (ghost_var_agree with "H Hp") as %->. iPureIntro. intros -> ? [= <-]. done.
  Qed.

  Definition pushed (a : answer) (v : val) vs := if a is moved then vs ++ [v] else vs.
  Definition push_answer (o : option (option nat * bool)) vs m (a : answer) : Prop :=
    match a with
    | moved => m = false ∧ (length vs < n)%nat
    | none => m = false ∧ length vs = n
    | unfinished => True
    | barred => may_be_barred o
    | closed | quit => False
    end.
  Definition push_update r o v (Φ : val → iProp Σ) : iProp Σ :=
    atomic_update (TA:=[tele (vs : list val) (m : bool)]) (TB:=[tele (a : answer)]) (⊤ ∖ ↑N) ∅
      (tele_app (λ vs m, content r vs m))
      (tele_app (λ vs m, tele_app (λ a, content r (pushed a v vs) m ∗ holds_tail r o ∗ ⌜push_answer o vs m a⌝)))%I
      (tele_app (λ vs m, tele_app (λ a, Φ #(code a)))).

  (** an answer that tells nothing of the state *)
  Lemma push_says r o v Φ a :
    (∀ vs m, push_answer o vs m a) → a ≠ moved → holds_tail r o -∗ push_update r o v Φ ={⊤}=∗ Φ #(code a).
  Proof.
    iIntros (Ha Hne) "Ho AU". iApply (fupd_mask_mono (⊤ ∖ ↑N)); first set_solver.
    iMod "AU" as (vs m) "[Hc [_ Hclose]]". iMod ("Hclose" $! a with "[Hc Ho]") as "$"; last done.
    iFrame "Ho". replace (pushed a v vs) with vs by by destruct a. iFrame. iPureIntro. apply Ha.
  Qed.

  Lemma read_tail r o :
    {{{ inv N (ring_inv r) ∗ holds_tail r o }}} !#(l_tail r)
    {{{ t p, RET #(word t p); holds_tail r o ∗ ⌜p = true → may_be_barred o⌝ }}}.
  Proof.
    iIntros (Φ) "[#I Ho] HΦ".
    iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & H)". wp_load.
    iDestruct (mark_seen with "Ho Hp") as %Hm. iModIntro. iSplitR "HΦ Ho".
    - iNext. iExists h, t, xs, m, p, q, x. iFrame.
    - iApply "HΦ". by iFrame.
  Qed.
  Lemma guess_push r a : {{{ inv N (ring_inv r) }}} #(l_push r) <- #(place a) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "#I HΦ". iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & H)". iDestruct "Hg" as (b c) "[Hb Hg]". wp_store.
    iModIntro. iSplitR "HΦ"; last by iApply "HΦ". iNext. iExists h, t, xs, m, p, q, x. iFrame. iExists a, c. iFrame.
  Qed.

  Lemma push_step r o v Φ t k i γ :
    shape r → (i < n ∧ t = n*k+i)%nat → ηs r !! i = Some γ →
    inv N (ring_inv r) -∗ mono_nat_lb_own γ (2 * k) -∗ holds_tail r o -∗ push_update r o v Φ -∗
    WP CmpXchg #(l_tail r) #(place t) #(place (S t)) {{ w,
      (⌜w = (#(place t), #true)%V⌝ ∗ Φ #(code moved) ∗ holds_push n lap r t v) ∨
      (∃ t' p, ⌜w = (#(word t' p), #false)%V ∧ (p = true → may_be_barred o)⌝ ∗ holds_tail r o ∗ push_update r o v Φ) }}.
  Proof.
    iIntros ((Hn & He & Hl & Hlen & H4) [Hi ->] Hγ) "#I #HT Ho AU".
    assert (place (n*k+i) = word (n*k+i) false) as Hw by (rewrite /ring_positions.word; lia). rewrite !Hw.
    iInv N as (h t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)".
    destruct (decide (t' = n*k+i ∧ p = false)%nat) as [[-> ->]|Hne]; last first.
    { wp_cmpxchg_fail; first (intros [= [??]%word_inj]; naive_solver).
      iDestruct (mark_seen with "Ho Hp") as %Hm. iModIntro.
      iSplitR "AU Ho"; first (iNext; iExists h, t', xs, m, p, q, x; by iFrame).
      iRight. iExists _, _. by iFrame. }
    wp_cmpxchg_suc. iDestruct (big_sepL_lookup_acc_impl with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Htn & Hi)".
    iDestruct (mono_nat_lb_own_valid with "Hm HT") as %[_ HT]. destruct P as [[HP1 [HP2 HP3]] [HP4 HP5]].
    destruct odd.
    { iDestruct "Hi" as "[%Hk _]". assert (k' < k)%nat by (apply (lap_lt n i); lia). simpl in HT. lia. }
    iDestruct "Hi" as "[%Hk Hi]". simpl in HT.
    assert (k' = k) as -> by (assert (k' ≤ k)%nat by (apply (lap_le n i); lia); lia).
    iDestruct "Hi" as "[%|[Htn' Hb]]"; first lia. iDestruct "Hb" as (w) "Hb".
    assert (m = false) as -> by (destruct m; [by discriminate HP5|done]).
    assert (x = false) as -> by (destruct x; [by destruct HP4; lia|done]).
    iMod (mono_list_auth_own_update_app [v] with "Hx") as "[Hx Hx']".
    iDestruct (mono_list_idx_own_get (n*k+i) v with "Hx'") as "#Hidx".
    { rewrite lookup_app_r; last lia. by replace (n*k+i - length xs)%nat with 0%nat by lia. }
    iMod (mono_nat_own_update (S (n*k+i)) with "Hgt") as "[Hgt _]"; first lia.
    iMod "AU" as (vs m') "[Hc' [_ Hclose]]".
    iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
    iMod (ghost_var_update_halves (drop h xs ++ [v], false) with "Hc Hc'") as "[Hc Hc']".
    iMod ("Hclose" $! moved with "[Hc' Ho]") as "HΦ".
    { iFrame. iPureIntro. rewrite /= drop_length. split; [done|lia]. }
    iModIntro. iSplitR "HΦ Htn' Hb".
    { iNext. iExists h, (S (n*k+i)), (xs ++ [v]), false, false, q, false. iFrame "Hh Hg Hx Hgh Hgt Hp Hq".
      rewrite /ring_positions.word Z.add_0_r. iFrame "Ht". rewrite /content drop_app_le; last lia. iFrame "Hc".
      iSplit; first (iPureIntro; rewrite app_length /bars_true /=; naive_solver lia).
      iApply ("Hs" with "[]").
      - iIntros "!>" (j γj Hj Hne) "H". iApply (slot_push_other with "H").
      - iExists k, false. iFrame "Hm Htn". iSplit; first (iPureIntro; lia). iLeft. iPureIntro; lia. }
    iLeft. iFrame "HΦ". iSplit; first done. iExists k, i, γ, w. iFrame "∗ #". done.
  Qed.

  Lemma claim_push_spec r o v Φ t p :
    shape r → (p = true → may_be_barred o) →
    inv N (ring_inv r) -∗ holds_tail r o -∗ push_update r o v Φ -∗
    WP claim_push (ring_value r) #(word t p) {{ w,
      (∃ a, ⌜w = InjLV #(code a)⌝ ∗ Φ #(code a)) ∨
      (∃ t, ⌜w = InjRV #(place t)⌝ ∗ Φ #(code moved) ∗ holds_push n lap r t v) }}.
  Proof.
    iIntros (Hs Hmark) "#I Ho AU". pose proof Hs as (Hn & He & Hl & Hlen & H4).
    iLöb as "IH" forall (t p Hmark). wp_rec. wp_pures.
    wp_apply wp_is_marked; [done..|]. iIntros "_". destruct p.
    { wp_pures. iMod (push_says _ _ _ _ barred with "Ho AU") as "HΦ"; [by intros; apply Hmark|done|].
      iModIntro. iLeft. iExists barred. by iFrame. }
    assert (word t false = place t) as Hw by (rewrite /ring_positions.word; lia). wp_pures. rewrite !Hw.
    wp_apply (turn_read with "I"); first done. iIntros (k k' i γ odd) "[[%Hi %Hγ] #HT]". wp_pures.
    case_bool_decide as HE; wp_pures.
    { (* ours to write: claim it *)
      assert (k' = k ∧ odd = false) as [-> ->].
      { injection HE as HE. destruct (Nat.lt_total k' k) as [|[->|]]; destruct odd; simpl in HE; try done; nia. }
      wp_apply wp_next_of; [done..|]. iIntros "_". wp_pures. wp_apply (guess_push with "I"). iIntros "_". wp_pures.
      wp_apply wp_next_of; [done..|]. iIntros "_". rewrite /weak_cas. wp_pures.
      wp_bind (If _ _ _). iApply (wp_wand _ _ _ (λ w, (⌜w = (#(place t), #true)%V⌝ ∗ Φ #(code moved) ∗ holds_push n lap r t v) ∨
        (∃ t' p, ⌜w = (#(word t' p), #false)%V ∧ (p = true → may_be_barred o)⌝ ∗ holds_tail r o ∗ push_update r o v Φ))%I with "[Ho AU]").
      { wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
        - wp_apply (read_tail with "[$I $Ho]"). iIntros (t' p) "[Ho %]". wp_pures. iRight. iExists t', p. by iFrame.
        - iApply (push_step with "I [HT] Ho AU"); [done..|]. simpl. by rewrite Nat.add_0_r. }
      iIntros (w) "[(-> & HΦ & Hh)|H]"; wp_pures.
      { iModIntro. iRight. iExists t. by iFrame. }
      iDestruct "H" as (t' p [-> Hm]) "[Ho AU]". wp_pures. wp_apply wp_is_marked; [done..|]. iIntros "_".
      destruct p; wp_pures.
      - wp_apply wp_unmarked; [done..|]. iIntros "_". wp_pures. wp_apply (guess_push with "I"). iIntros "_". wp_pures.
        by iApply ("IH" with "[//] Ho AU").
      - by iApply ("IH" with "[//] Ho AU"). }
    case_bool_decide as HL; wp_pures; last first.
    { wp_apply (read_tail with "[$I $Ho]"). iIntros (t' p) "[Ho %]". by iApply ("IH" with "[//] Ho AU"). }
    (* the last lap's element is there, or its pop has not finished *)
    wp_apply wp_new_proph; first done. iIntros (pvs pr) "Hpr". wp_pures. wp_bind (! _)%E.
    iInv N as (h t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)". wp_load.
    iDestruct (mark_seen with "Ho Hp") as %Hm.
    destruct (decide (t' = t ∧ p = false)) as [[-> ->]|Hne]; last first.
    { (* the tail has moved on: again from there *)
      iModIntro. iSplitR "AU Ho Hpr"; first (iNext; iExists h, t', xs, m, p, q, x; by iFrame). clear h q x P. wp_pures.
      wp_bind (Resolve _ _ _). iInv N as (h ? ? ? ? q x) ">(Hh & H)". wp_apply (wp_resolve with "Hpr"); first done. wp_load.
      iIntros "!>" (pvs') "-> Hpr". iModIntro. iSplitR "AU Ho"; first (iNext; iExists _, _, _, _, _, _, _; by iFrame).
      wp_apply wp_unmarked; [done..|]. iIntros "_". wp_pures.
      rewrite bool_decide_false; last first.
      { rewrite -Hw. intros [= E]. apply Hne. by apply word_inj in E. }
      wp_pures. by iApply ("IH" with "[//] Ho AU"). }
    destruct P as [[HP1 [HP2 HP3]] [HP4 HP5]].
    destruct (decide (t = (h + n)%nat ∧ (hd_error pvs = Some (#(word h false) : val, #() : val) ∨
      hd_error pvs = Some (#(word h true) : val, #() : val)))) as [[Hfull Hfirst]|Hnot].
    - (* full, and the head will be found where it is *)
      assert (m = false) as -> by (destruct m; [by discriminate HP5|done]).
      iMod "AU" as (vs m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod ("Hclose" $! none with "[$Hc' $Ho]") as "HΦ".
      { iPureIntro. rewrite /= drop_length. split; [done|lia]. }
      iModIntro. iSplitR "HΦ Hpr"; first (iNext; iExists h, t, xs, false, false, q, x; by iFrame). wp_pures.
      wp_bind (Resolve _ _ _). iInv N as (h' ? ? ? ? q' x') ">(Hh & H)".
      wp_apply (wp_resolve with "Hpr"); first done. wp_load. iIntros "!>" (pvs') "-> Hpr".
      assert (h' + Nat.b2n x' = h)%nat as Hh' by (destruct Hfirst as [[= E]|[= E]]; by apply word_inj in E as [? _]).
      iModIntro. iSplitR "HΦ"; first (iNext; iExists _, _, _, _, _, _, _; by iFrame).
      wp_apply wp_unmarked; [done..|]. iIntros "_". wp_pures.
      rewrite (bool_decide_true (#(word t false) = _)); last by rewrite Hw. wp_pures.
      rewrite bool_decide_true; last by rewrite Hh' Hfull place_lap_after // Z.add_simpl_r. wp_pures.
      iModIntro. iLeft. iExists none. by iFrame.
    - (* the pop that has to leave the slot has not finished *)
      iDestruct (mono_nat_lb_own_get with "Hgh") as "#Hlh". iDestruct (mono_nat_lb_own_get with "Hgt") as "#Hlt".
      iModIntro. iSplitR "AU Ho Hpr"; first (iNext; iExists h, t, xs, m, false, q, x; by iFrame). wp_pures.
      wp_bind (Resolve _ _ _).
      iInv N as (h' t' xs' m' p' q' x') ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & H)".
      wp_apply (wp_resolve with "Hpr"); first done. wp_load. iIntros "!>" (pvs') "-> Hpr".
      iDestruct (mono_nat_lb_own_valid with "Hgh Hlh") as %[_ Hle].
      iDestruct (mono_nat_lb_own_valid with "Hgt Hlt") as %[_ Hle'].
      assert (t ≠ h' + Nat.b2n x' + n)%nat as Hmoved.
      { intros ->. destruct x'; simpl in *; [lia|]. apply Hnot. assert (h = h') as -> by lia. split; [lia|].
        rewrite Nat.add_0_r. destruct q'; [by right|by left]. }
      iModIntro. iSplitR "AU Ho"; first (iNext; iExists h', t', xs', m', p', q', x'; by iFrame).
      wp_apply wp_unmarked; [done..|]. iIntros "_". wp_pures.
      rewrite (bool_decide_true (#(word t false) = _)); last by rewrite Hw. wp_pures.
      rewrite bool_decide_false; last first.
      { intros [= E]. apply Hmoved. by apply (place_full n lap) in E. }
      wp_pures. iMod (push_says _ _ _ _ unfinished with "Ho AU") as "HΦ"; [done..|].
      iModIntro. iLeft. iExists unfinished. by iFrame.
  Qed.

  Lemma push_spec r o (v : val) :
    is_ring N n lap r -∗ holds_tail r o -∗
    <<< ∀∀ vs m, content r vs m >>> push (ring_value r) v @ ↑N
    <<< ∃∃ a, content r (pushed a v vs) m ∗ holds_tail r o ∗ ⌜push_answer o vs m a⌝, RET #(code a) >>>.
  Proof.
    iIntros "[%Hs #I] Ho" (Φ) "AU". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & H)". iDestruct "Hg" as (a b) "[Ha Hb]". wp_load.
    iModIntro. iSplitR "AU Ho"; first (iNext; iExists h, t, xs, m, p, q, x; iFrame; iExists a, b; iFrame).
    replace (place a) with (word a false) by (rewrite /ring_positions.word; lia).
    wp_bind (claim_push _ _). iApply (wp_wand with "[Ho AU]"); first by iApply (claim_push_spec with "I Ho AU").
    iIntros (w) "[H|H]".
    { iDestruct "H" as (s ->) "HΦ". by wp_pures. }
    iDestruct "H" as (t' ->) "[HΦ Hh]". wp_pures. wp_apply (fill_spec with "[$I $Hh]"); first done. iIntros "_". by wp_pures.
  Qed.
End push.
